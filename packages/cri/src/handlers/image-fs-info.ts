/** ImageService.ImageFsInfo: how full the file systems of images and containers are. crictl asks it to see if we are there. */
import { statfs } from 'node:fs/promises';
import { create } from '@bufbuild/protobuf';
import type { CriContext } from '../context.ts';
import {
  type ImageFsInfoRequest,
  type ImageFsInfoResponse,
  ImageFsInfoResponseSchema,
} from '../generated/runtime_pb.ts';

export async function imageFsInfo(_request: ImageFsInfoRequest, context: CriContext): Promise<ImageFsInfoResponse> {
  const mountpoint = `${context.store.graphRoot}/${context.store.driverName}-images`;
  const status = await statfs(context.store.graphRoot);
  const usage = {
    timestamp: BigInt(Date.now()) * 1_000_000n,
    fsId: { mountpoint },
    usedBytes: { value: BigInt(status.blocks - status.bfree) * BigInt(status.bsize) },
    inodesUsed: { value: BigInt(status.files - status.ffree) },
  };
  return create(ImageFsInfoResponseSchema, { imageFilesystems: [usage], containerFilesystems: [usage] });
}
