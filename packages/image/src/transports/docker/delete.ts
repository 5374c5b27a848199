/** Deleting an image from a registry: its manifest, and with it every tag of the same digest. */
import { ImageError } from '../../errors.ts';
import type { ImageContext } from '../../types.ts';
import { connect } from './connect.ts';
import type { DockerReference } from './reference.ts';

export async function deleteDockerImage(reference: DockerReference, context: ImageContext): Promise<void> {
  const client = await connect(reference, '*', context);
  const { tag, digest } = reference.reference;
  try {
    const manifest = await client.manifest(digest ?? tag ?? 'latest', digest);
    await client.deleteManifest(manifest.digest);
  } catch (error) {
    if (!(error instanceof ImageError) || error.code !== 'IMAGE_NOT_FOUND') throw error;
    const name = `${reference.reference.domain}/${reference.reference.path}${digest ? `@${digest}` : `:${tag}`}`;
    throw new ImageError(
      'IMAGE_NOT_FOUND',
      `Unable to delete ${name}. Image may not exist or is not stored with a v2 Schema in a v2 registry`,
      { cause: error, status: error.status },
    );
  }
}
