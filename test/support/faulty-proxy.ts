/** A proxy before a registry that does what bad networks and hostile servers do. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** What happens to one exchange instead of the ordinary. */
export interface Fault {
  /** Answer with this status and ask nobody. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** The connection ends after so many bytes of the body. */
  readonly dropAfter?: number;
  /** The connection ends after so many bytes of what the client sends. */
  readonly dropUploadAfter?: number;
  /** The byte at this place of the body is another one. */
  readonly corruptAt?: number;
  /** The body ends, as if it were whole, after so many bytes. */
  readonly truncateTo?: number;
  /** Milliseconds before anything happens. */
  readonly delay?: number;
}

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

export interface FaultyProxy {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** Every request so far. */
  readonly requests: SeenRequest[];
}

/** `fault` is asked for each request, with how many of the same method and address were before it. */
export async function startFaultyProxy(
  context: Pick<TestContext, 'after'>,
  target: string,
  fault: (request: SeenRequest, before: number) => Fault | undefined,
): Promise<FaultyProxy> {
  const requests: SeenRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    const seen = { method: incoming.method ?? '', url: incoming.url ?? '', headers: incoming.headers };
    const before = requests.filter(({ method, url }) => method === seen.method && url === seen.url).length;
    requests.push(seen);
    const chosen = fault(seen, before) ?? {};
    const later = setTimeout(() => serve(target, incoming, outgoing, chosen), chosen.delay ?? 0);
    if (chosen.delay) later.unref(); // nobody may be waiting any more
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

function serve(target: string, incoming: IncomingMessage, outgoing: ServerResponse, fault: Fault): void {
  if (fault.status !== undefined) {
    incoming.resume();
    outgoing.writeHead(fault.status, fault.headers).end(fault.body);
    return;
  }
  const [hostname, port] = target.split(':');
  const asked = request(
    { hostname, port, method: incoming.method, path: incoming.url, headers: incoming.headers },
    (answer) => forward(answer, outgoing, fault),
  );
  asked.on('error', () => outgoing.destroy());
  if (fault.dropUploadAfter === undefined) {
    incoming.pipe(asked);
    return;
  }
  let received = 0;
  incoming.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received < (fault.dropUploadAfter ?? 0)) return;
    asked.destroy();
    incoming.destroy();
  });
}

function forward(answer: IncomingMessage, outgoing: ServerResponse, fault: Fault): void {
  const headers = { ...answer.headers, ...fault.headers };
  if (fault.truncateTo !== undefined) headers['content-length'] = String(fault.truncateTo);
  outgoing.writeHead(answer.statusCode ?? 502, headers);
  const end = fault.dropAfter ?? fault.truncateTo ?? Number.POSITIVE_INFINITY;
  let sent = 0;
  answer.on('data', (chunk: Buffer) => {
    if (fault.corruptAt !== undefined && fault.corruptAt >= sent && fault.corruptAt < sent + chunk.length) {
      const place = fault.corruptAt - sent;
      chunk[place] = (chunk[place] ?? 0) ^ 0xff;
    }
    const piece = chunk.subarray(0, Math.max(0, end - sent));
    sent += chunk.length;
    outgoing.write(piece, () => {
      if (sent < end) return;
      if (fault.truncateTo !== undefined) outgoing.end();
      else outgoing.destroy();
    });
  });
  answer.on('end', () => {
    if (sent < end) outgoing.end();
  });
  answer.on('error', () => outgoing.destroy());
}
