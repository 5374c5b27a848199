/** ImageService.ImageFsInfo: how much images take, and where. crictl asks it to see whether we are there. */
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { create } from '@bufbuild/protobuf';
import type { CriContext } from '../context.ts';
import {
  type ImageFsInfoRequest,
  type ImageFsInfoResponse,
  ImageFsInfoResponseSchema,
} from '../generated/runtime_pb.ts';
import { imagesSize } from '../images.ts';

/** Bytes are those of the images, each layer once; inodes can only be told for the whole file system. */
export async function imageFsInfo(_request: ImageFsInfoRequest, { store }: CriContext): Promise<ImageFsInfoResponse> {
  const status = await statfs(existingParent(store.graphRoot));
  const usage = {
    timestamp: BigInt(Date.now()) * 1_000_000n,
    fsId: { mountpoint: `${store.graphRoot}/${store.driverName}-images` },
    usedBytes: { value: BigInt(await imagesSize(store)) },
    inodesUsed: { value: BigInt(status.files - status.ffree) },
  };
  return create(ImageFsInfoResponseSchema, { imageFilesystems: [usage], containerFilesystems: [usage] });
}

/** A store that nothing was put into isn't on disk yet. */
function existingParent(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : existingParent(dirname(path));
}
