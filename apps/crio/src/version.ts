/** The release of CRI-O that ours is a drop-in for, and our own. */
export const upstreamVersion = '1.36.0';
export const ownVersion = '0.1.0';

export function versionLine(): string {
  return `crio version ${upstreamVersion} (lighter ${ownVersion})`;
}
