/** Ids of a container's users on the host (user_namespaces(7)). */
import type { IdMapping } from '@lighter/spec/runtime';
import { EngineError } from './errors.ts';

/** Without a map they are the same. Throws EngineError for an id outside the map. */
export function onHost(id: number, map: readonly IdMapping[] | undefined): number {
  if (!map) return id;
  const part = map.find(({ containerID, size }) => id >= containerID && id < containerID + size);
  if (!part) throw new EngineError('INVALID', `the container's user ${id} isn't in its user namespace`);
  return part.hostID + id - part.containerID;
}
