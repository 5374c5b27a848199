/** Capability names and the sets of a container's process (capabilities(7)). */
import type { ProcessCapabilities } from '@lighter/spec/runtime';
import { RuntimeError } from '../errors.ts';

/** Every capability, in the order of its bit. */
const names =
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
    .split(' ')
    .map((name) => `CAP_${name}`);

/** Names of the bits set in a mask as the kernel gives it. */
export function capabilityNames(mask: bigint): string[] {
  return names.filter((_, bit) => (mask >> BigInt(bit)) & 1n);
}

/** `CAP_NET_RAW` of `net_raw`, `NET_RAW` or `CAP_NET_RAW`. Throws for what isn't a capability; `ALL` stays. */
export function normalizeCapability(name: string): string {
  const upper = name.toUpperCase();
  if (upper === 'ALL' || upper === 'CAP_ALL') return 'ALL';
  const full = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
  if (!names.includes(full)) throw new RuntimeError('INVALID', `unknown capability "${full}": invalid argument`);
  return full;
}

/**
 * The list that `--cap-add` and `--cap-drop` make of the default one, within what we have ourselves; sorted by name.
 */
export function mergeCapabilities(
  defaults: readonly string[],
  add: readonly string[],
  drop: readonly string[],
  bounding: readonly string[],
): string[] {
  const adds = new Set(add.map(normalizeCapability));
  const drops = new Set(drop.map(normalizeCapability));
  const addAll = adds.delete('ALL');
  const dropAll = drops.delete('ALL');
  if (addAll && dropAll) throw new RuntimeError('INVALID', 'adding all caps and removing all caps not allowed');
  for (const name of adds) {
    if (drops.has(name)) throw new RuntimeError('INVALID', `capability "${name}" cannot be dropped and added`);
  }
  const base = addAll ? bounding : dropAll ? [] : defaults.map(normalizeCapability);
  const merged = new Set([...base, ...adds]);
  for (const name of drops) merged.delete(name);
  return [...merged].filter((name) => bounding.includes(name)).sort();
}

/**
 * The five sets. Root has everything that is in the list; another user starts with the added ones only, which then
 * survive its exec as ambient capabilities.
 */
export function capabilitySets(
  list: readonly string[],
  added: readonly string[],
  isRoot: boolean,
): ProcessCapabilities {
  if (list.length === 0) return {};
  if (isRoot) return { bounding: [...list], effective: [...list], permitted: [...list] };
  const own = added.map(normalizeCapability).filter((name) => list.includes(name));
  const sets: ProcessCapabilities = { bounding: [...list] };
  if (own.length > 0) Object.assign(sets, { effective: own, permitted: own, inheritable: own, ambient: own });
  return sets;
}
