/** The release of upstream that ours is a drop-in for, in upstream's words, and our own. */
const upstreamVersion = '1.22.0';
const ownVersion = '0.1.0';

export function versionLine(): string {
  return `skopeo version ${upstreamVersion} (lighter ${ownVersion})`;
}

/** What registries see. */
export const userAgent = `skopeo/${upstreamVersion} (lighter/${ownVersion})`;
