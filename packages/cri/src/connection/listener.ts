/** Listens on the unix socket and hands each connection on. */
import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { CriError } from '../errors.ts';
import { ConnectionFilter } from './connection-filter.ts';

/** Connections at once. A kubelet has two, crictl one. */
const MAX_CONNECTIONS = 256;

/** Root and its group may talk to the server. */
const CREATION_MASK = 0o117;

export interface Listener {
  /** Takes no more connections and removes the socket. */
  close(): void;
  /** Cuts the connections that are still there. */
  disconnect(): void;
}

/** Throws a CriError with LISTEN_FAILED. */
export async function listen(path: string, accept: (connection: Duplex) => void): Promise<Listener> {
  const connections = new Set<Duplex>();
  const server = createServer((socket) => {
    const connection = filtered(socket);
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
    accept(connection);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await bind(server, path);
  return {
    close: () => server.close(),
    disconnect() {
      for (const connection of connections) connection.destroy();
    },
  };
}

function filtered(socket: Socket): Duplex {
  const connection = new ConnectionFilter(socket);
  // A client may go away at any moment; the session hears of it as `close`.
  connection.on('error', () => {});
  return connection;
}

/** The socket never stands there with other permissions than it is to have. */
function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(new CriError('LISTEN_FAILED', `can't listen on ${path}: ${error.message}`, { cause: error })),
    );
    const before = process.umask(CREATION_MASK);
    try {
      server.listen(path, resolve);
    } finally {
      process.umask(before);
    }
  });
}
