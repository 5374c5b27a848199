/** Extracting a layer beside the store, by a worker, with no lock held. */

import { mkdirSync } from 'node:fs';
import type { WorkerPool } from '@lighter/archive/extract/worker-pool';
import type { BlobSource } from '@lighter/spec/blob';
import { StorageError } from './errors.ts';
import { StagedInTempDirectory } from './staged-layer.ts';
import type { StoreParts } from './store-parts.ts';
import type { StagedLayer, StageOptions } from './store-types.ts';
import { TempDirectory } from './temp-directories.ts';

export class LayerStager implements AsyncDisposable {
  readonly #parts: StoreParts;
  #pool: Promise<WorkerPool> | undefined;

  constructor(parts: StoreParts) {
    this.#parts = parts;
  }

  async stage(blob: BlobSource, { digest, maxBytes, signal, onProgress }: StageOptions = {}): Promise<StagedLayer> {
    this.#parts.prepare();
    const content = TempDirectory.create(this.#parts.contentTempRoot);
    const metadata = TempDirectory.create(this.#parts.metadataTempRoot);
    try {
      const directory = content.addition();
      mkdirSync(directory, { mode: 0o755 });
      const tarSplitPath = metadata.addition();
      const result = await (await this.#workers()).stage(
        blob,
        {
          directory,
          tarSplitPath,
          userNamespace: this.#parts.userNamespace,
          sync: true,
          ...(digest ? { digest } : {}),
          ...(maxBytes === undefined ? {} : { maxBytes }),
        },
        { ...(signal ? { signal } : {}), ...(onProgress ? { onProgress } : {}) },
      );
      return new StagedInTempDirectory(content, metadata, directory, tarSplitPath, result);
    } catch (error) {
      content[Symbol.dispose]();
      metadata[Symbol.dispose]();
      throw withPlace(error, content.path);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#pool)?.[Symbol.asyncDispose]();
  }

  #workers(): Promise<WorkerPool> {
    this.#pool ??= import('@lighter/archive/extract/worker-pool').then(({ WorkerPool }) => new WorkerPool());
    return this.#pool;
  }
}

/** A full disk is told with its place: a worker's error doesn't know it. */
function withPlace(error: unknown, path: string): unknown {
  const { code } = error as { code?: string };
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new StorageError('NO_SPACE', `extracting a layer below ${path}: no space left on device`, { cause: error });
}
