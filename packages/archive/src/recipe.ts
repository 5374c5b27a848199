/** Opens a blob's recipe as a stream: bytes of a file, or an HTTP GET that is resumed where it broke off. */
import { createReadStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { BlobRecipe, FileRecipe, HttpRecipe } from '@lighter/spec/blob';
import { ArchiveError } from './errors.ts';
import { agentFor } from './http-agent.ts';

const FILE_CHUNK = 256 * 1024;
const MAX_REDIRECTS = 10;
const DEFAULT_RETRIES = 3;
/** Milliseconds without a byte before a transfer counts as broken. */
const STALL = 60_000;
const FIRST_PAUSE = 500;
/** Bytes of an error answer that are read for its message. */
const MAX_ERROR_BODY = 64 * 1024;

export function openRecipe(recipe: BlobRecipe, signal?: AbortSignal): AsyncIterable<Buffer> {
  return recipe.kind === 'file' ? fileBytes(recipe, signal) : httpBytes(recipe, signal);
}

async function* fileBytes({ path, offset = 0, length }: FileRecipe, signal?: AbortSignal): AsyncGenerator<Buffer> {
  if (length === 0) return;
  const stream = createReadStream(path, {
    start: offset,
    highWaterMark: FILE_CHUNK,
    ...(length === undefined ? {} : { end: offset + length - 1 }),
    ...(signal ? { signal } : {}),
  });
  let read = 0;
  for await (const chunk of stream) {
    read += chunk.length;
    yield chunk;
  }
  if (length !== undefined && read < length)
    throw new ArchiveError('BLOB_TRUNCATED', `${path} ends after ${read} of ${length} bytes`);
}

async function* httpBytes(recipe: HttpRecipe, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const retries = recipe.retries ?? DEFAULT_RETRIES;
  let received = 0;
  for (let attempt = 0; ; attempt++) {
    const before = received;
    try {
      for await (const chunk of transfer(recipe, received, signal)) {
        received += chunk.length;
        if (recipe.size !== undefined && received > recipe.size) {
          throw new ArchiveError('BLOB_TRUNCATED', `${shown(recipe.url)}: more than the expected ${recipe.size} bytes`);
        }
        yield chunk;
      }
      if (recipe.size === undefined || received === recipe.size) return;
      throw new ArchiveError('BLOB_TRUNCATED', `${shown(recipe.url)}: ends after ${received} of ${recipe.size} bytes`);
    } catch (error) {
      signal?.throwIfAborted();
      // A transfer that got on starts counting anew: only standing still uses up the retries.
      if (received > before) attempt = 0;
      if (attempt >= retries || !isWorthRetrying(error, recipe, received)) throw error;
      await pause(FIRST_PAUSE * 2 ** attempt, undefined, signal ? { signal } : {});
    }
  }
}

function isWorthRetrying(error: unknown, recipe: HttpRecipe, received: number): boolean {
  if (!(error instanceof ArchiveError)) return false;
  if (error.code === 'BLOB_TRUNCATED') return recipe.size === undefined || received < recipe.size;
  return (
    error.code === 'BLOB_UNREACHABLE' ||
    (error.code === 'BLOB_STATUS' && ((error.status ?? 0) >= 500 || error.status === 429))
  );
}

/** One GET from `offset` on. */
async function* transfer(recipe: HttpRecipe, offset: number, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const response = await get(recipe, offset, signal);
  const { statusCode = 0 } = response;
  if (statusCode !== 200 && statusCode !== 206) {
    const said = await errorText(response);
    throw new ArchiveError('BLOB_STATUS', `${shown(recipe.url)}: HTTP status ${statusCode}${said}`, {
      status: statusCode,
    });
  }
  const range = response.headers['content-range'];
  if (statusCode === 206 && !range?.startsWith(`bytes ${offset}-`)) {
    response.destroy();
    throw new ArchiveError(
      'BLOB_STATUS',
      `${shown(recipe.url)}: the server sent range ${range ?? 'unknown'} when asked from ${offset} on`,
    );
  }
  // A server that ignores ranges sends everything again.
  let skip = statusCode === 200 ? offset : 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (skip >= chunk.length) skip -= chunk.length;
      else {
        yield skip > 0 ? chunk.subarray(skip) : chunk;
        skip = 0;
      }
    }
  } catch (error) {
    throw new ArchiveError(
      'BLOB_TRUNCATED',
      `${shown(recipe.url)}: the transfer broke off: ${(error as Error).message}`,
      { cause: error },
    );
  } finally {
    response.destroy();
  }
}

/** Follows redirects; headers go to the first origin only, since they hold credentials. */
async function get(recipe: HttpRecipe, offset: number, signal?: AbortSignal): Promise<IncomingMessage> {
  const first = new URL(recipe.url);
  let url = first;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const own = url.origin === first.origin;
    const headers = { ...(own ? recipe.headers : {}), ...(offset > 0 ? { range: `bytes=${offset}-` } : {}) };
    const response = await request(url, headers, own ? recipe : { ...recipe, tls: {} }, signal);
    const { location } = response.headers;
    if (![301, 302, 303, 307, 308].includes(response.statusCode ?? 0) || location === undefined) return response;
    response.resume();
    const next = new URL(location, url);
    if (next.protocol !== 'https:' && !(next.protocol === 'http:' && url.protocol === 'http:')) {
      throw new ArchiveError('BLOB_STATUS', `${shown(recipe.url)}: refused a redirect to ${shown(next.href)}`);
    }
    url = next;
  }
  throw new ArchiveError('BLOB_STATUS', `${shown(recipe.url)}: more than ${MAX_REDIRECTS} redirects`);
}

async function request(
  url: URL,
  headers: Record<string, string>,
  { tls = {} }: HttpRecipe,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  const secure = url.protocol === 'https:';
  const { request: start } = secure ? await import('node:https') : await import('node:http');
  return new Promise((resolve, reject) => {
    const outgoing = start(
      url,
      {
        headers,
        ...agentFor(url),
        ...(signal ? { signal } : {}),
        ...(secure
          ? {
              rejectUnauthorized: !tls.insecure,
              ...(tls.ca ? { ca: [...tls.ca] } : {}),
              ...(tls.cert ? { cert: tls.cert, key: tls.key } : {}),
            }
          : {}),
      },
      resolve,
    );
    outgoing.setTimeout(STALL, () => outgoing.destroy(new Error(`no data for ${STALL / 1000} seconds`)));
    outgoing.once('error', (error) =>
      reject(
        signal?.aborted
          ? signal.reason
          : new ArchiveError('BLOB_UNREACHABLE', `${shown(url.href)}: ${error.message}`, { cause: error }),
      ),
    );
    outgoing.end();
  });
}

async function errorText(response: IncomingMessage): Promise<string> {
  let body = '';
  try {
    for await (const chunk of response) {
      body += chunk;
      if (body.length > MAX_ERROR_BODY) break;
    }
    const message = (JSON.parse(body) as { errors?: { message?: string }[] }).errors?.[0]?.message;
    return message ? `: ${message.slice(0, 300)}` : '';
  } catch {
    return '';
  }
}

/** Without what may be a secret: signed blob storage addresses carry their signature in the query. */
function shown(url: string): string {
  const parsed = new URL(url);
  return `${parsed.origin}${parsed.pathname}`;
}
