/** `manifest.json` of a `docker save` archive: what images are in it. */
import { formatReference } from '@lighter/spec/reference';
import { ImageError } from '../../errors.ts';
import type { TarFile } from '../tar-file/tar-file.ts';
import { parseTagged } from './reference.ts';

const MAX_MANIFEST = 1024 * 1024;

/** Keys are those of the format. */
export interface ArchivedImage {
  /** Member with the configuration. */
  readonly Config: string;
  readonly RepoTags: readonly string[] | null;
  /** Members with the layers, lowest first. */
  readonly Layers: readonly string[];
}

export function readImages(archive: TarFile): ArchivedImage[] {
  const fail = (why: string): never => {
    throw new ImageError('LAYOUT_INVALID', `${archive.path}: manifest.json: ${why}`);
  };
  let json: unknown;
  try {
    json = JSON.parse(archive.read('manifest.json', MAX_MANIFEST).toString());
  } catch (error) {
    if (error instanceof ImageError) throw error;
    return fail((error as Error).message);
  }
  if (!Array.isArray(json)) return fail('an array is wanted');
  return json.map((item, index) => {
    const { Config, RepoTags = null, Layers } = (item ?? {}) as Partial<Record<keyof ArchivedImage, unknown>>;
    if (typeof Config !== 'string') return fail(`item ${index} has no Config`);
    if (!isTexts(Layers)) return fail(`item ${index} has no Layers`);
    if (RepoTags !== null && !isTexts(RepoTags)) return fail(`item ${index}: RepoTags is no list of names`);
    return { Config, RepoTags, Layers };
  });
}

/** Names of all images in an archive; `@N` for those without one. */
export async function archivedTags(path: string): Promise<string[]> {
  const { TarFile: Archive } = await import('../tar-file/tar-file.ts');
  await using archive = await Archive.open(path);
  return readImages(archive).flatMap((image, index) => {
    const tags = tagsOf(image);
    return tags.length > 0 ? tags : [`@${index}`];
  });
}

/** Normalised; what is no name is passed over. */
export function tagsOf({ RepoTags }: ArchivedImage): string[] {
  return (RepoTags ?? []).flatMap((text) => {
    try {
      return [formatReference(parseTagged(text))];
    } catch {
      return [];
    }
  });
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
