/** Listing the tags of a repository. */
import type { ImageContext } from '../../types.ts';
import { connect } from './connect.ts';
import type { DockerReference } from './reference.ts';

/** In the registry's order. */
export async function* listTags(reference: DockerReference, context: ImageContext): AsyncGenerator<string> {
  const client = await connect(reference, 'pull', context);
  yield* client.tags();
}
