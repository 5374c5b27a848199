/** Whether an answer to a blob's GET holds the bytes that were asked for. */
import { ArchiveError } from '../errors.ts';
import { retryAfter } from './retry-after.ts';
import { shownUrl } from './shown-url.ts';

/** Bytes of an error answer that are read for its message. */
export const MAX_ERROR_BODY = 64 * 1024;

interface RangeAnswer {
  readonly status: number;
  /** `Content-Range`. */
  readonly range: string | undefined;
  /** `Retry-After`. */
  readonly wait: string | undefined;
  readonly body?: string;
}

/**
 * Bytes at the start of the body that we have already: a server that ignores ranges sends everything again. Throws for any
 * other status than 200 and 206, and for another range than was asked for.
 */
export function bytesToSkip(url: string, { status, range, body = '', wait }: RangeAnswer, offset: number): number {
  if (status !== 200 && status !== 206)
    throw new ArchiveError('BLOB_STATUS', `${shownUrl(url)}: HTTP status ${status}${messageIn(body)}`, {
      status,
      retryAfter: retryAfter(wait),
    });
  if (status === 206 && !range?.startsWith(`bytes ${offset}-`)) {
    throw new ArchiveError(
      'BLOB_STATUS',
      `${shownUrl(url)}: the server sent range ${range ?? 'unknown'} when asked from ${offset} on`,
    );
  }
  return status === 200 ? offset : 0;
}

/** The first message of an error answer (OCI distribution-spec, "Error Codes"), which may stand between marks of chunks. */
function messageIn(body: string): string {
  try {
    const json = body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1);
    const message = (JSON.parse(json) as { errors?: { message?: string }[] }).errors?.[0]?.message;
    return message ? `: ${message.slice(0, 300)}` : '';
  } catch {
    return '';
  }
}

export function brokenOff(url: string, error: Error): ArchiveError {
  return new ArchiveError('BLOB_TRUNCATED', `${shownUrl(url)}: the transfer broke off: ${error.message}`, {
    cause: error,
  });
}
