/** Namespaces of other containers: their paths are known when both run. */
import type { NamespaceType } from '@lighter/spec/runtime';

const PREFIX = 'container:';

/** Stands in a template for a namespace of this container. */
export function joinPath(id: string): string {
  return `${PREFIX}${id}`;
}

/** Whose namespace it is; undefined for a real path. */
export function joinedContainer(path: string | undefined): string | undefined {
  return path?.startsWith(PREFIX) ? path.slice(PREFIX.length) : undefined;
}

/** Path of a process's namespace (namespaces(7)). */
export function namespacePath(pid: number, type: NamespaceType): string {
  return `/proc/${pid}/ns/${type === 'network' ? 'net' : type === 'mount' ? 'mnt' : type}`;
}
