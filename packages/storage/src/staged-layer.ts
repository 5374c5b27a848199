/** A layer extracted into temporary folders beside the store, until it is put or thrown away. */
import { renameSync } from 'node:fs';
import type { StageResult } from '@lighter/archive/extract/stage';
import type { Digest } from '@lighter/spec/digest';
import type { StagedLayer } from './store-types.ts';
import type { TempDirectory } from './temp-directories.ts';

export class StagedInTempDirectory implements StagedLayer {
  readonly directory: string;
  readonly diffDigest: Digest;
  readonly diffSize: number;
  readonly compressedDigest: Digest;
  readonly compressedSize: number;
  readonly compression: number;
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly #content: TempDirectory;
  readonly #metadata: TempDirectory;
  readonly #tarSplitPath: string;

  constructor(
    content: TempDirectory,
    metadata: TempDirectory,
    directory: string,
    tarSplitPath: string,
    result: StageResult,
  ) {
    this.#content = content;
    this.#metadata = metadata;
    this.directory = directory;
    this.#tarSplitPath = tarSplitPath;
    this.diffDigest = result.diffDigest as Digest;
    this.diffSize = result.diffSize;
    this.compressedDigest = result.compressedDigest as Digest;
    this.compressedSize = result.compressedSize;
    this.compression = result.compression;
    this.uids = result.uids;
    this.gids = result.gids;
  }

  async *tar(signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const { reassemble } = await import('@lighter/archive/tar-split/reassemble');
    yield* reassemble(this.#tarSplitPath, [this.directory], signal);
  }

  publishTarSplit(path: string): void {
    renameSync(this.#tarSplitPath, path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#content[Symbol.dispose]();
    this.#metadata[Symbol.dispose]();
  }
}
