/** ImageService.ListImages. */
import { create } from '@bufbuild/protobuf';
import type { CriContext } from '../context.ts';
import { type ListImagesRequest, type ListImagesResponse, ListImagesResponseSchema } from '../generated/runtime_pb.ts';
import { criImages } from '../images.ts';
import { findImage } from './image-status.ts';

/** A filter that names an image gives this one, or none when it isn't there. */
export async function listImages(request: ListImagesRequest, context: CriContext): Promise<ListImagesResponse> {
  const wanted = request.filter?.image?.image ?? '';
  const images = await criImages(context);
  if (wanted === '') return create(ListImagesResponseSchema, { images });
  const found = findImage(images, wanted);
  return create(ListImagesResponseSchema, { images: found ? [found] : [] });
}
