/** ImageService.ImageStatus. */
import { create } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import type { CriContext } from '../context.ts';
import {
  type Image,
  type ImageStatusRequest,
  type ImageStatusResponse,
  ImageStatusResponseSchema,
} from '../generated/runtime_pb.ts';
import { criImages } from '../images.ts';
import { RpcError } from '../rpc-error.ts';

/** An image that isn't there is an answer without an image, not an error. */
export async function imageStatus(request: ImageStatusRequest, context: CriContext): Promise<ImageStatusResponse> {
  const wanted = request.image?.image ?? '';
  if (wanted === '') throw new RpcError(status.INVALID_ARGUMENT, 'no image specified');
  const image = findImage(await criImages(context), wanted);
  return create(ImageStatusResponseSchema, image ? { image } : {});
}

/** Shortest id prefix that counts as one: anything shorter is a name. */
const MIN_PREFIX = 3;

/** By name with tag or digest (`docker.io/library/` and `:latest` may be left out), by id or by an unambiguous prefix of it. */
export function findImage(images: readonly Image[], wanted: string): Image | undefined {
  const text = wanted.replace(/^sha256:(?=[0-9a-f]{64}$)/, '');
  // A tag beside a digest says nothing more.
  const plain = text.includes('@') ? text.replace(/:[\w.-]{1,128}@/, '@') : text;
  const names = new Set([plain, `${plain}:latest`]);
  for (const name of [...names]) {
    const first = name.split('/')[0] ?? '';
    if (!name.includes('/')) names.add(`docker.io/library/${name}`);
    else if (!/[.:]|^localhost$/.test(first)) names.add(`docker.io/${name}`);
  }
  const byName = images.find((image) => [...image.repoTags, ...image.repoDigests].some((name) => names.has(name)));
  if (byName || !/^[0-9a-f]+$/.test(text) || text.length < MIN_PREFIX) return byName;
  const byPrefix = images.filter((image) => image.id.startsWith(text));
  return byPrefix.length === 1 ? byPrefix[0] : undefined;
}
