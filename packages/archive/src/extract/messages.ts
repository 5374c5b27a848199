/** What the pool and its workers say to each other. */
import type { BlobRecipe } from '@lighter/spec/blob';
import { ArchiveError, type ArchiveErrorCode } from '../errors.ts';
import type { DownloadRequest } from './download.ts';
import type { StageRequest } from './stage.ts';

export type Job =
  | { readonly kind: 'stage'; readonly request: StageRequest }
  | { readonly kind: 'download'; readonly request: DownloadRequest };

/** Where a job's bytes come from: a recipe that the worker opens, or chunks sent to it one by one. */
export type JobSource = { readonly recipe: BlobRecipe } | { readonly chunks: true };

export type ToWorker =
  | { readonly type: 'start'; readonly id: number; readonly job: Job; readonly source: JobSource }
  | { readonly type: 'abort'; readonly id: number }
  | { readonly type: 'chunk'; readonly id: number; readonly data: Uint8Array }
  | { readonly type: 'end'; readonly id: number; readonly error?: PlainError };

export type FromWorker =
  | { readonly type: 'progress'; readonly id: number; readonly bytes: number }
  /** One more chunk may be sent. */
  | { readonly type: 'wanted'; readonly id: number }
  | { readonly type: 'done'; readonly id: number; readonly result: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly error: PlainError };

/** An error as plain data; structured cloning loses the class and every property of its own. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly status?: number;
  readonly path?: string;
}

export function plainError(error: unknown): PlainError {
  const { name, message, code, status, path } = error as Partial<PlainError>;
  return {
    name: name ?? 'Error',
    message: message ?? String(error),
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof status === 'number' ? { status } : {}),
    ...(typeof path === 'string' ? { path } : {}),
  };
}

export function revivedError({ name, message, code, status, path }: PlainError): Error {
  if (name === 'ArchiveError')
    return new ArchiveError(code as ArchiveErrorCode, message, status === undefined ? {} : { status });
  return Object.assign(new Error(message), { name }, code ? { code } : {}, path ? { path } : {});
}
