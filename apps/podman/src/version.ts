/** The release of upstream that ours is a drop-in for, in upstream's words, and our own. */
export const upstreamVersion = '5.8.6';
export const ownVersion = '0.1.0';

export function versionLine(): string {
  return `podman version ${upstreamVersion} (lighter ${ownVersion})`;
}

/** What registries see. */
export const userAgent = `podman/${upstreamVersion} (lighter/${ownVersion})`;
