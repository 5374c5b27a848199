/** What stands in the store's record of a container, for people and for other tools. */

/** podman's keys; `lighter` tells ours from Go podman's, which has its own database. */
export function containerMetadata(
  name: string,
  image: { readonly id: string; readonly name: string } | undefined,
  created: Date,
): string {
  return JSON.stringify({
    'image-name': image?.name ?? '',
    'image-id': image?.id ?? '',
    name,
    'created-at': Math.floor(created.getTime() / 1000),
    lighter: true,
  });
}

export function isOurs(metadata: string | undefined): boolean {
  if (!metadata?.includes('"lighter"')) return false;
  try {
    return (JSON.parse(metadata) as { lighter?: unknown }).lighter === true;
  } catch {
    return false; // somebody else's own format
  }
}
