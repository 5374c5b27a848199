/** Several images of the store in one `docker save` archive. */

import type { CopyOptions } from '@lighter/image/copy/copy-image';
import { copyImage } from '@lighter/image/copy/copy-image';
import { StorageReference } from '@lighter/image/transports/containers-storage/reference';
import { DockerArchiveWriter } from '@lighter/image/transports/docker-archive/archive-writer';
import { assertNewArchive, dockerArchiveDestination } from '@lighter/image/transports/docker-archive/destination';
import { DockerArchiveReference } from '@lighter/image/transports/docker-archive/reference';
import type { Reference } from '@lighter/spec/reference';
import type { Store } from '@lighter/storage/store-types';

export interface SavedImage {
  readonly id: string;
  readonly names: readonly Reference[];
}

export async function saveDockerArchive(
  store: Store,
  images: readonly SavedImage[],
  path: string,
  options: CopyOptions,
): Promise<void> {
  assertNewArchive(path);
  using writer = new DockerArchiveWriter(path, {});
  for (const { id, names } of images) {
    await copyImage(new StorageReference(id, store), new OneOfMany(path, writer, names), options);
  }
  await writer.finish();
}

/** The place of one image in the archive. */
class OneOfMany extends DockerArchiveReference {
  readonly #writer: DockerArchiveWriter;
  readonly #names: readonly Reference[];

  constructor(path: string, writer: DockerArchiveWriter, names: readonly Reference[]) {
    super(path, undefined, undefined);
    this.#writer = writer;
    this.#names = names;
  }

  override async create() {
    return dockerArchiveDestination(this.#writer, () => this.#names);
  }
}
