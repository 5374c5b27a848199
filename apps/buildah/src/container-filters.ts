/** `containers --filter`. */

interface Filterable {
  readonly id: string;
  readonly imageid: string;
  readonly imagename: string;
  readonly containername: string;
}

/** Throws for a filter that isn't there. Each has to accept. */
export function parseContainerFilters(texts: readonly string[]): (container: Filterable) => boolean {
  const filters = texts.map((text) => {
    const equals = text.indexOf('=');
    if (equals < 0) throw new Error(`incorrect filter value ${JSON.stringify(text)}, should be of form filter=value`);
    return filter(text.slice(0, equals), text.slice(equals + 1));
  });
  return (container) => filters.every((accepts) => accepts(container));
}

function filter(name: string, value: string): (container: Filterable) => boolean {
  switch (name) {
    case 'id':
      return ({ id }) => id.startsWith(value);
    case 'name':
      return ({ containername }) => containername.includes(value);
    case 'ancestor':
      return ({ imageid, imagename }) => (imageid !== '' && imageid.startsWith(value)) || isAncestor(imagename, value);
    default:
      throw new Error(`invalid filter ${JSON.stringify(name)}`);
  }
}

/** The end of the name, with its tag where one is given. */
function isAncestor(imageName: string, value: string): boolean {
  const hasTag = value.lastIndexOf(':') > value.lastIndexOf('/');
  return (hasTag ? imageName : imageName.replace(/:[^:/]*$/, '')).endsWith(value);
}
