/** `images --filter`. */
import type { Container, Image } from '@lighter/storage/store-types';

type Accepts = (image: Image) => boolean;

/** Throws for a filter that isn't there, or isn't built yet. Each has to accept. */
export function parseImageFilters(
  texts: readonly string[],
  images: readonly Image[],
  containers: readonly Container[],
): Accepts {
  const filters = texts.map((text) => {
    const [, name = '', negated = '', value = ''] = /^([^=!]+)(!?)=(.*)$/s.exec(text) ?? [];
    if (name === '') {
      throw new Error(
        `invalid image filter ${JSON.stringify(text)}: must be in the format "filter=value or filter!=value"`,
      );
    }
    const accepts = filter(name, value, images, containers);
    return negated ? (image: Image) => !accepts(image) : accepts;
  });
  return (image) => filters.every((accepts) => accepts(image));
}

function filter(name: string, value: string, images: readonly Image[], containers: readonly Container[]): Accepts {
  switch (name) {
    case 'dangling': {
      const wanted = boolean(name, value);
      return (image) => (image.names.length === 0) === wanted;
    }
    case 'readonly': {
      const wanted = boolean(name, value);
      return (image) => image.readOnly === wanted;
    }
    case 'containers': {
      const wanted = boolean(name, value);
      return (image) => containers.some((container) => container.image === image.id) === wanted;
    }
    case 'id':
      return ({ id }) => id.startsWith(value);
    case 'digest':
      return ({ digests }) => digests.some((digest) => digest.startsWith(value));
    case 'before':
    case 'since':
      return beside(name, value, images);
    case 'reference':
      return ({ names }) => names.some((one) => matchesReference(one, value));
    default:
      throw new Error(`the image filter ${JSON.stringify(name)} is unknown or not built yet`);
  }
}

function boolean(name: string, value: string): boolean {
  if (['true', '1'].includes(value)) return true;
  if (['false', '0'].includes(value)) return false;
  throw new Error(`non-boolean value ${JSON.stringify(value)} for ${name} filter`);
}

function beside(name: 'before' | 'since', value: string, images: readonly Image[]): Accepts {
  const other = images.find(
    (image) => image.id.startsWith(value) || image.names.some((one) => matchesReference(one, value)),
  );
  if (!other) throw new Error(`could not find local image for filter ${JSON.stringify(`${name}=${value}`)}`);
  const time = Date.parse(other.created);
  return ({ created }) => (name === 'before' ? Date.parse(created) < time : Date.parse(created) > time);
}

/** The end of a name from a slash on, `*` within a part; without a tag every tag fits. */
function matchesReference(name: string, pattern: string): boolean {
  const hasTag = pattern.lastIndexOf(':') > pattern.lastIndexOf('/');
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  return new RegExp(`(?:^|/)${source}$`).test(hasTag ? name : name.replace(/:[^:/]*$/, ''));
}
