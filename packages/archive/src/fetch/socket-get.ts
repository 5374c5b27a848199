/**
 * A GET over a socket of its own whose bytes are read into one buffer again and again. Node's HTTP client makes a new buffer
 * of 64 kB for each read, which costs more than everything else in a download; this takes less than half of its time.
 */
import type { Socket } from 'node:net';
import { ArchiveError } from '../errors.ts';
import { brokenOff, bytesToSkip, MAX_ERROR_BODY } from './answer.ts';
import { type Hop, isRedirect } from './redirects.ts';
import { parseResponseHead, type ResponseHead } from './response-head.ts';
import { shownUrl } from './shown-url.ts';
import { connectionOptions } from './tls.ts';

const BUFFER = 512 * 1024;
/** Milliseconds without a byte before a transfer counts as broken. */
const STALL = 60_000;

/** `plain`: the answer has no length of its own, and has to be read by a full HTTP client. */
export type SocketAnswer = { readonly location?: string; readonly plain: boolean };

/** The bytes handed to `take` are only valid during the call. */
export async function socketGet(
  hop: Hop,
  offset: number,
  take: (bytes: Buffer) => void,
  signal: AbortSignal | undefined,
): Promise<SocketAnswer> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<SocketAnswer>();
  const answer = new Answer(hop, offset, take);
  let begun = false;
  const settle = (work: () => SocketAnswer | undefined): boolean => {
    try {
      const settled = work();
      if (!settled) return true;
      resolve(settled);
    } catch (error) {
      reject(error);
    }
    socket.destroy();
    return false;
  };
  const socket = connect(hop, (bytes) => {
    begun = true;
    return settle(() => answer.read(bytes));
  });
  const onAbort = () => socket.destroy(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  socket.setTimeout(STALL, () => socket.destroy(new Error(`no data for ${STALL / 1000} seconds`)));
  socket.once('error', (error) => {
    if (signal?.aborted) reject(signal.reason);
    else if (begun) reject(brokenOff(hop.url.href, error));
    else reject(unreachable(hop, error));
  });
  socket.once('close', () => settle(() => answer.end()));
  socket.write(requestText(hop));
  try {
    return await promise;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    socket.destroy();
  }
}

function connect({ url, tls }: Hop, read: (bytes: Buffer) => boolean): Socket {
  const secure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const onread = {
    buffer: Buffer.allocUnsafeSlow(BUFFER),
    callback: (length: number, buffer: Uint8Array) => read((buffer as Buffer).subarray(0, length)),
  };
  const address = { host, port: Number(url.port) || (secure ? 443 : 80), onread };
  if (!secure) return process.getBuiltinModule('node:net').connect(address);
  const { isIP } = process.getBuiltinModule('node:net');
  return process.getBuiltinModule('node:tls').connect({
    ...address,
    ...connectionOptions(tls),
    ...(isIP(host) ? {} : { servername: host }),
    ALPNProtocols: ['http/1.1'],
  });
}

function requestText({ url, headers }: Hop): string {
  const lines = Object.entries({ host: url.host, ...headers, connection: 'close' }).map(([name, value]) => {
    if (/[\r\n\0]/.test(name + value)) throw new ArchiveError('BLOB_UNREACHABLE', `a header ${name} has a line break`);
    return `${name}: ${value}\r\n`;
  });
  return `GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** Takes an answer apart as it comes in. */
class Answer {
  readonly #hop: Hop;
  readonly #offset: number;
  readonly #take: (bytes: Buffer) => void;
  #start: Buffer | undefined = Buffer.alloc(0);
  #head: ResponseHead | undefined;
  #skip = 0;
  /** Bytes of the body that are still to come. */
  #left = 0;
  #errorBody: Buffer[] | undefined;

  constructor(hop: Hop, offset: number, take: (bytes: Buffer) => void) {
    this.#hop = hop;
    this.#offset = offset;
    this.#take = take;
  }

  /** Returns the answer once it is whole. */
  read(bytes: Buffer): SocketAnswer | undefined {
    return this.#start ? this.#readHead(Buffer.concat([this.#start, bytes])) : this.#readBody(bytes);
  }

  /** The server has closed the connection. */
  end(): never {
    if (this.#errorBody) this.#bytesToSkip(Buffer.concat(this.#errorBody).toString());
    throw brokenOff(this.#hop.url.href, new Error('the server closed the connection'));
  }

  #readHead(data: Buffer): SocketAnswer | undefined {
    let head: ResponseHead | undefined;
    try {
      head = parseResponseHead(data);
    } catch (error) {
      throw unreachable(this.#hop, error as Error);
    }
    if (!head) {
      this.#start = data;
      return undefined;
    }
    const rest = data.subarray(head.bytes);
    // Interim answers (RFC 9110, 15.2) come before the real one.
    if (head.status >= 100 && head.status < 200) return this.#readHead(rest);
    this.#start = undefined;
    this.#head = head;
    if (isRedirect(head.status) && head.headers['location'] !== undefined)
      return { location: head.headers['location'], plain: false };
    const good = head.status === 200 || head.status === 206;
    if (good && head.length === undefined) return { plain: true };
    // What an error has to say goes on to its end, or that of the connection.
    this.#left = head.length ?? Number.POSITIVE_INFINITY;
    if (good) this.#skip = this.#bytesToSkip('');
    else this.#errorBody = [];
    return this.#readBody(rest);
  }

  #readBody(bytes: Buffer): SocketAnswer | undefined {
    const body = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes;
    this.#left -= body.length;
    if (this.#errorBody) return this.#readError(body, this.#errorBody);
    const skipped = Math.min(this.#skip, body.length);
    this.#skip -= skipped;
    if (skipped < body.length) this.#take(body.subarray(skipped));
    return this.#left === 0 ? { plain: false } : undefined;
  }

  #readError(bytes: Buffer, body: Buffer[]): undefined {
    body.push(Buffer.from(bytes));
    const length = body.reduce((sum, { length }) => sum + length, 0);
    if (this.#left === 0 || length > MAX_ERROR_BODY) this.#bytesToSkip(Buffer.concat(body).toString());
  }

  #bytesToSkip(body: string): number {
    const { status = 0, headers } = this.#head ?? {};
    const answer = { status, range: headers?.['content-range'], wait: headers?.['retry-after'], body };
    return bytesToSkip(this.#hop.url.href, answer, this.#offset);
  }
}

function unreachable({ url }: Hop, error: Error): ArchiveError {
  return new ArchiveError('BLOB_UNREACHABLE', `${shownUrl(url.href)}: ${error.message}`, { cause: error });
}
