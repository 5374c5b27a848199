/** One HTTP exchange with bounds: time to answer, size of the answer, 429 with Retry-After, and broken connections. */
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { withoutClient } from '@lighter/archive/fetch/redirects';
import { retryAfter } from '@lighter/archive/fetch/retry-after';
import { connectionOptions } from '@lighter/archive/fetch/tls';
import { agentFor } from '@lighter/archive/http-agent';
import type { TlsOptions } from '@lighter/spec/blob';
import { ImageError } from '../errors.ts';

/** Sends what it is made of piece by piece; the memory of a piece is free again once `write` has settled. */
export type BodyWriter = (write: (bytes: Uint8Array) => Promise<void>) => Promise<void>;

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: Uint8Array | AsyncIterable<Uint8Array> | BodyWriter;
  readonly tls?: TlsOptions;
  readonly signal?: AbortSignal | undefined;
  /** Most bytes of the answer's body. */
  readonly maxBytes: number;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Of the last request, after redirects. */
  readonly url: URL;
}

/** Milliseconds of silence after which a connection counts as dead. */
const SILENCE = 60_000;
const MAX_TRIES = 5;
const FIRST_PAUSE = 500;
const MAX_PAUSE = 60_000;
const MAX_REDIRECTS = 10;

/** Repeats what is worth repeating; a body that is a stream can't be sent twice. */
export async function exchange(request: HttpRequest): Promise<HttpResponse> {
  const repeatable = request.body === undefined || request.body instanceof Uint8Array;
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await follow(request);
      const busy = response.status === 429 || (response.status >= 502 && response.status <= 504);
      if (!busy || !repeatable || attempt === MAX_TRIES) return response;
      await pause(pauseAfter(response, attempt), undefined, request.signal ? { signal: request.signal } : {});
    } catch (error) {
      request.signal?.throwIfAborted();
      if (!repeatable || attempt >= 3 || !isTransient(error)) throw error;
      await pause(FIRST_PAUSE * 2 ** (attempt - 1), undefined, request.signal ? { signal: request.signal } : {});
    }
  }
}

function isTransient(error: unknown): boolean {
  const { code } = ((error as Error).cause ?? {}) as { code?: string };
  return ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED', 'EAI_AGAIN'].includes(code ?? '');
}

/** What the registry asks for, else doubling. */
function pauseAfter({ headers }: HttpResponse, attempt: number): number {
  return Math.min(MAX_PAUSE, retryAfter(headers['retry-after']) ?? FIRST_PAUSE * 2 ** attempt);
}

/** Follows redirects of requests without a body; credentials go to the first origin only. */
async function follow(request: HttpRequest): Promise<HttpResponse> {
  let { url } = request;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const own = url.origin === request.url.origin;
    const headers = own ? request.headers : withoutCredentials(request.headers);
    const response = await send({
      ...request,
      url,
      ...(headers ? { headers } : {}),
      ...(own ? {} : { tls: withoutClient(request.tls) }),
    });
    const { location } = response.headers;
    if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined || request.body !== undefined)
      return response;
    const next = new URL(location, url);
    if (next.protocol !== 'https:' && next.protocol !== url.protocol) {
      throw new ImageError(
        'REGISTRY_ERROR',
        `${request.url.host}: refused a redirect from https to ${next.protocol.slice(0, -1)}`,
      );
    }
    url = next;
  }
  throw new ImageError('REGISTRY_ERROR', `${request.url.host}: more than ${MAX_REDIRECTS} redirects`);
}

function withoutCredentials(headers: HttpRequest['headers']): HttpRequest['headers'] {
  return Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => name.toLowerCase() !== 'authorization'));
}

async function send({ method, url, headers, body, tls = {}, signal, maxBytes }: HttpRequest): Promise<HttpResponse> {
  const secure = url.protocol === 'https:';
  const { request: start } = secure ? await import('node:https') : await import('node:http');
  const agent = agentFor(url);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = start(
      url,
      {
        method,
        headers: { ...headers } as Record<string, string>,
        ...(agent ? { agent } : {}),
        ...(signal ? { signal } : {}),
        ...(secure ? connectionOptions(tls) : {}),
      },
      resolve,
    );
    outgoing.setTimeout(SILENCE, () =>
      outgoing.destroy(Object.assign(new Error(`no answer for ${SILENCE / 1000} seconds`), { code: 'ETIMEDOUT' })),
    );
    outgoing.once('error', (error) => reject(signal?.aborted ? signal.reason : unreachable(url, error)));
    if (body === undefined) outgoing.end();
    else if (body instanceof Uint8Array) outgoing.end(body);
    else if (typeof body === 'function') {
      body((bytes) => written(outgoing, bytes, url)).then(
        () => outgoing.end(),
        (error) => {
          reject(signal?.aborted ? signal.reason : error);
          outgoing.destroy();
        },
      );
    } else {
      const source = Readable.from(body, { objectMode: true, highWaterMark: 1 });
      // What goes wrong in the source is the error; the broken request would only hide it.
      source.once('error', (error) => {
        reject(error);
        outgoing.destroy();
      });
      source.pipe(outgoing);
    }
  });
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: await collect(response, url, maxBytes, signal),
    url,
  };
}

/** Settles when the bytes are on their way out of the process. */
function written(outgoing: ClientRequest, bytes: Uint8Array, url: URL): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = () => reject(unreachable(url, new Error('the connection was closed')));
    outgoing.once('close', onClose);
    outgoing.write(bytes, (error) => {
      outgoing.off('close', onClose);
      if (error) reject(unreachable(url, error));
      else resolve();
    });
  });
}

async function collect(
  response: IncomingMessage,
  url: URL,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxBytes) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw signal?.aborted ? signal.reason : unreachable(url, error as Error);
  }
  if (length > maxBytes)
    throw new ImageError(
      'LIMIT_EXCEEDED',
      `${url.host}: the answer exceeds the maximum allowed size of ${maxBytes} bytes`,
    );
  return Buffer.concat(chunks);
}

function unreachable(url: URL, error: Error): ImageError {
  const { code } = error as NodeJS.ErrnoException;
  const certificate = typeof code === 'string' && /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS/.test(code);
  const hint = certificate ? ' (put its authority into certs.d, or use --tls-verify=false)' : '';
  const plain = code === 'ERR_SSL_WRONG_VERSION_NUMBER' || /wrong version number/i.test(error.message);
  const message = plain
    ? 'the server answers in plain HTTP (use --tls-verify=false for a registry without TLS)'
    : `${firstMessage(error)}${hint}`;
  return new ImageError('REGISTRY_UNREACHABLE', `pinging container registry ${url.host}: ${message}`, { cause: error });
}

const plainWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused: is the registry running?',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name could not be looked up: is there a network?',
  ENETUNREACH: 'network is unreachable',
  EHOSTUNREACH: 'no route to host',
  ECONNRESET: 'connection reset by the registry',
};

/** A failed attempt on several addresses is an AggregateError without a message of its own. */
function firstMessage(error: Error): string {
  const first = (error as AggregateError).errors?.[0] ?? error;
  const plain = plainWords[(first as NodeJS.ErrnoException).code ?? ''];
  if (plain) return plain;
  return error.message || (error as AggregateError).errors?.[0]?.message || String(error);
}
