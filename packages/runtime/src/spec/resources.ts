/** Cgroup limits of a container (config-linux.md, "Control groups"), adapted to what this host has. */
import type { Resources } from '@lighter/spec/runtime';
import type { HostFacts, SpecRequest } from './request.ts';

/**
 * Device rules and the limits asked for. Limits whose controller isn't there would fail the start: they are left out
 * and named in `dropped`.
 */
export function containerResources(
  request: SpecRequest,
  host: HostFacts,
): { readonly resources: Resources; readonly dropped: readonly string[] } {
  const dropped: string[] = [];
  const resources: Resources = {};
  if (request.privileged) {
    if (!host.rootless) resources.devices = [{ allow: true, access: 'rwm' }];
  } else if (!host.rootless && request.namespaces.user.mode === 'host') {
    resources.devices = [
      { allow: false, access: 'rwm' },
      ...(request.devices ?? []).flatMap(({ rule }) => (rule ? [rule] : [])),
      ...(request.deviceRules ?? []),
    ];
  }
  const { memory, cpu, pids, blockIO, hugepageLimits, unified } = request.resources;
  const limited = (controller: string, given: object | undefined) => {
    if (!given || Object.keys(given).length === 0) return false;
    const usable = host.controllers.has(controller) && !(host.rootless && host.cgroupVersion === 1);
    if (!usable) dropped.push(controller);
    return usable;
  };
  if (memory && limited('memory', memory)) resources.memory = { ...memory };
  if (cpu && limited('cpu', cpu)) resources.cpu = { ...cpu };
  if (pids && limited('pids', pids)) resources.pids = { ...pids };
  if (blockIO && limited(host.cgroupVersion === 2 ? 'io' : 'blkio', blockIO)) resources.blockIO = { ...blockIO };
  if (hugepageLimits && limited('hugetlb', hugepageLimits)) resources.hugepageLimits = [...hugepageLimits];
  if (unified && host.cgroupVersion === 2) resources.unified = { ...unified };
  return { resources, dropped };
}
