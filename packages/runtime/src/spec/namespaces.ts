/** Namespaces of a container (config-linux.md, "Namespaces"). */
import type { Namespace, NamespaceType } from '@lighter/spec/runtime';
import type { HostFacts, NamespaceMode, Namespaces } from './request.ts';

/** In podman's order. A mount namespace is always there; a cgroup namespace exists since version 2 only. */
export function containerNamespaces(namespaces: Namespaces, host: HostFacts): Namespace[] {
  const list: Namespace[] = [];
  const add = (type: NamespaceType, mode: NamespaceMode) => {
    if (mode.mode === 'path') list.push({ type, path: mode.path });
    else if (mode.mode === 'private') list.push({ type });
  };
  add('pid', namespaces.pid);
  add('network', namespaces.network);
  add('ipc', namespaces.ipc);
  add('uts', namespaces.uts);
  list.push({ type: 'mount' });
  if (host.cgroupVersion === 2) add('cgroup', namespaces.cgroup);
  add('user', namespaces.user);
  return list;
}
