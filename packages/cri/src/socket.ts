/** The server's unix socket: a stale one is replaced, one that somebody answers on is left alone. */
import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { CriError } from './errors.ts';

/** Path of `unix:///run/x.sock` or `/run/x.sock`. Throws for anything else: the CRI isn't served over TCP. */
export function socketPath(listen: string): string {
  const path = listen.replace(/^unix:(\/\/)?/, '');
  if (!path.startsWith('/')) {
    throw new CriError(
      'SOCKET_INVALID',
      `listen address ${JSON.stringify(listen)} isn't an absolute path of a unix socket`,
    );
  }
  return path;
}

/** Makes way for a new socket. Throws when something else is there or another server answers. */
export async function clearSocket(path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (!status) return;
  if (!status.isSocket()) throw new CriError('SOCKET_INVALID', `${path} is there and isn't a socket`);
  if (await answers(path)) {
    throw new CriError(
      'SOCKET_IN_USE',
      `another server listens on ${path}: stop it first, or name another socket with --listen`,
    );
  }
  rmSync(path, { force: true });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const client = connect(path);
    const settle = (alive: boolean) => {
      client.destroy();
      resolve(alive);
    };
    client.once('connect', () => settle(true));
    // Only a refused connection says that nobody listens; a full queue or a missing permission doesn't.
    client.once('error', ({ code }: NodeJS.ErrnoException) => settle(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
  });
}
