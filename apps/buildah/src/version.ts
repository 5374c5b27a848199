/** The release of upstream that ours is a drop-in for, in upstream's words, and our own. */
export const upstreamVersion = '1.43.2';
export const ownVersion = '0.1.0';
export const imageSpecVersion = '1.1.1';
export const runtimeSpecVersion = '1.3.0';

export function versionLine(): string {
  return `buildah version ${upstreamVersion} (image-spec ${imageSpecVersion}, runtime-spec ${runtimeSpecVersion}) (lighter ${ownVersion})`;
}

/** What registries see. */
export const userAgent = `Buildah/${upstreamVersion} (lighter/${ownVersion})`;
