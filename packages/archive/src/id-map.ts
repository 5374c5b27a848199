/** Owners inside a container and on the host (user_namespaces(7), "User and group ID mappings"). */
import { ArchiveError } from './errors.ts';

export interface IdMap {
  readonly containerId: number;
  readonly hostId: number;
  readonly size: number;
}

/** The host's id for a container's; without a map they are the same. Throws EXTRACT_FAILED for one outside the map. */
export function hostId(id: number, map: readonly IdMap[] | undefined, what: 'user' | 'group'): number {
  if (!map || map.length === 0) return id;
  for (const { containerId, hostId: first, size } of map) {
    if (id >= containerId && id < containerId + size) return first + id - containerId;
  }
  throw new ArchiveError('EXTRACT_FAILED', `container ${what} ID ${id} cannot be mapped to a host ID`);
}
