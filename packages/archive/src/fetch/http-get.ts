/** A GET by Node's HTTP client: for whatever servers and proxies may answer. */
import type { IncomingMessage } from 'node:http';
import type { HttpRecipe } from '@lighter/spec/blob';
import { ArchiveError } from '../errors.ts';
import { agentFor } from '../http-agent.ts';
import { brokenOff, bytesToSkip, MAX_ERROR_BODY } from './answer.ts';
import { followRedirects, type Hop, isRedirect } from './redirects.ts';
import { shownUrl } from './shown-url.ts';
import { connectionOptions } from './tls.ts';

/** Milliseconds without a byte before a transfer counts as broken. */
const STALL = 60_000;

/** The blob's bytes from `offset` on. */
export async function* httpGet(recipe: HttpRecipe, offset: number, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const response = await followRedirects(recipe, offset, (hop) => request(hop, signal), redirectOf);
  try {
    const { statusCode: status = 0, headers } = response;
    const body = status === 200 || status === 206 ? '' : await errorBody(response);
    const answer = { status, range: headers['content-range'], wait: headers['retry-after'], body };
    let skip = bytesToSkip(recipe.url, answer, offset);
    for await (const chunk of bodyOf(recipe, response)) {
      if (skip >= chunk.length) skip -= chunk.length;
      else {
        yield skip > 0 ? chunk.subarray(skip) : chunk;
        skip = 0;
      }
    }
  } finally {
    response.destroy();
  }
}

async function* bodyOf({ url }: HttpRecipe, response: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    yield* response as AsyncIterable<Buffer>;
  } catch (error) {
    throw brokenOff(url, error as Error);
  }
}

function redirectOf(response: IncomingMessage): string | undefined {
  if (!isRedirect(response.statusCode ?? 0) || response.headers.location === undefined) return undefined;
  response.resume();
  return response.headers.location;
}

async function request({ url, headers, tls }: Hop, signal?: AbortSignal): Promise<IncomingMessage> {
  const secure = url.protocol === 'https:';
  const { request: start } = secure ? await import('node:https') : await import('node:http');
  const agent = agentFor(url);
  return new Promise((resolve, reject) => {
    const outgoing = start(
      url,
      {
        headers,
        ...(agent ? { agent } : {}),
        ...(signal ? { signal } : {}),
        ...(secure ? connectionOptions(tls) : {}),
      },
      resolve,
    );
    outgoing.setTimeout(STALL, () => outgoing.destroy(new Error(`no data for ${STALL / 1000} seconds`)));
    outgoing.once('error', (error) =>
      reject(
        signal?.aborted
          ? signal.reason
          : new ArchiveError('BLOB_UNREACHABLE', `${shownUrl(url.href)}: ${error.message}`, { cause: error }),
      ),
    );
    outgoing.end();
  });
}

async function errorBody(response: IncomingMessage): Promise<string> {
  let body = '';
  try {
    for await (const chunk of response) {
      body += chunk;
      if (body.length > MAX_ERROR_BODY) break;
    }
  } catch {
    // The status says enough.
  }
  return body;
}
