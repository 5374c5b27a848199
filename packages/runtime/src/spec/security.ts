/** Paths that are hidden or read-only in a container, and how `mask=` and `unmask=` change the lists. */
import { matchesGlob } from 'node:path';
import type { HostFacts, SpecRequest } from './request.ts';

const masked = [
  '/proc/acpi',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
  '/sys/fs/selinux',
  '/proc/interrupts',
];

const readonly = ['/proc/asound', '/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

export function hiddenPaths(request: SpecRequest, host: HostFacts, ownSysfs: boolean): string[] {
  const { mask = [], unmask = [] } = request.security;
  const extra = mask.filter((path) => path.startsWith('/'));
  if (request.privileged) return [...extra];
  const paths = [...masked, ...host.thermalThrottlePaths];
  if (host.rootless && !ownSysfs) paths.push('/sys/kernel');
  return [...paths.filter((path) => !isUnmasked(path, unmask)), ...extra];
}

export function readonlyPaths(request: SpecRequest): string[] {
  if (request.privileged) return [];
  return readonly.filter((path) => !isUnmasked(path, request.security.unmask ?? []));
}

function isUnmasked(path: string, unmask: readonly string[]): boolean {
  return unmask.some((pattern) => pattern.toUpperCase() === 'ALL' || pattern === path || matchesGlob(path, pattern));
}
