/** What a registry's error answers mean (OCI distribution-spec, "Error Codes"). */
import { ImageError, type ImageErrorCode } from '../errors.ts';
import type { HttpResponse } from './http.ts';

interface ErrorBody {
  readonly errors?: readonly { readonly code?: string; readonly message?: string }[];
  readonly details?: string;
}

/** An error for an unexpected answer. `what` says what was asked: `reading manifest 1 in quay.io/x`. */
export function registryError(what: string, response: HttpResponse): ImageError {
  const { status } = response;
  const { code, text } = describe(response);
  if (status === 401)
    return new ImageError(
      'UNAUTHORIZED',
      `${what}: unauthorized: ${text || 'authentication required'} (log in with: skopeo login REGISTRY, or give --creds)`,
      { status },
    );
  if (status === 403)
    return new ImageError('UNAUTHORIZED', `${what}: denied: ${text || 'requested access to the resource is denied'}`, {
      status,
    });
  const kind: ImageErrorCode =
    ['MANIFEST_INVALID', 'TAG_INVALID'].includes(code) ||
    (code === 'UNSUPPORTED' && text.includes('Invalid JSON syntax'))
      ? 'MANIFEST_REJECTED'
      : status === 404
        ? 'IMAGE_NOT_FOUND'
        : 'REGISTRY_ERROR';
  return new ImageError(kind, `${what}: ${label(code, text, status)}`, { status });
}

function label(code: string, text: string, status: number): string {
  if (code === '')
    return status === 404
      ? 'not found (HTTP status 404)'
      : `received unexpected HTTP status: ${status}${text && `: ${text}`}`;
  const name = code.toLowerCase().replaceAll('_', ' ');
  if (text !== '' && usualMessages[code] === text) return text;
  return text === '' || text.toLowerCase() === name ? name : `${name}: ${text}`;
}

/** Messages that say what the code says, in other words (distribution: registry/api/errcode). */
const usualMessages: Readonly<Record<string, string>> = {
  UNKNOWN: 'unknown error',
  UNSUPPORTED: 'The operation is unsupported.',
  UNAVAILABLE: 'service unavailable',
  TOOMANYREQUESTS: 'too many requests',
  DIGEST_INVALID: 'provided digest did not match uploaded content',
  SIZE_INVALID: 'provided length did not match content length',
  NAME_INVALID: 'invalid repository name',
  TAG_INVALID: 'manifest tag did not match URI',
  NAME_UNKNOWN: 'repository name not known to registry',
  MANIFEST_UNVERIFIED: 'manifest failed signature verification',
  MANIFEST_BLOB_UNKNOWN: 'blob unknown to registry',
  BLOB_UNKNOWN: 'blob unknown to registry',
  BLOB_UPLOAD_UNKNOWN: 'blob upload unknown to registry',
  BLOB_UPLOAD_INVALID: 'blob upload invalid',
  PAGINATION_NUMBER_INVALID: 'invalid number of results requested',
};

function describe({ body }: HttpResponse): { code: string; text: string } {
  let parsed: ErrorBody | null;
  try {
    parsed = JSON.parse(body.toString());
  } catch {
    return { code: '', text: '' };
  }
  const first = Array.isArray(parsed?.errors) ? parsed.errors[0] : undefined;
  const clean = (text: unknown) => (typeof text === 'string' ? text.replace(/\s+/g, ' ').slice(0, 300) : '');
  return { code: clean(first?.code).toUpperCase(), text: clean(first?.message ?? parsed?.details) };
}
