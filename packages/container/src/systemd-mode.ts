/** Containers whose first process is systemd: what it needs is mounted, and it is told to end in its own way. */
import { existsSync } from 'node:fs';
import type { HostFacts, UserMount } from '@lighter/runtime/spec/request';

/** SIGRTMIN+3: systemd(1) halts. */
export const SYSTEMD_STOP_SIGNAL = 37;

const programs = new Set(['/sbin/init', '/usr/sbin/init', '/usr/local/sbin/init']);

/** `mode`: `--systemd`, default `true`. Throws for another word. */
export function isSystemdMode(mode: string, args: readonly string[]): boolean {
  switch (mode.toLowerCase()) {
    case 'false':
    case '0':
    case 'f':
      return false;
    case 'always':
      return true;
    default: {
      const [program = ''] = args[0] === '/bin/sh' && args[1] === '-c' ? args.slice(2) : args;
      return programs.has(program) || program.slice(program.lastIndexOf('/') + 1) === 'systemd';
    }
  }
}

/** `size`: `--shm-size-systemd`, in bytes. Places with a mount of the user's own stay as they are. */
export function systemdMounts(host: HostFacts, taken: ReadonlySet<string>, size: number | undefined): UserMount[] {
  const options = ['rw', 'rprivate', 'nosuid', 'nodev', 'tmpcopyup', ...(size === undefined ? [] : [`size=${size}`])];
  const mounts: UserMount[] = ['/run', '/run/lock', '/tmp', '/var/log/journal']
    .filter((destination) => !taken.has(destination))
    .map((destination) => ({ type: 'tmpfs', destination, options }));
  const hierarchy = '/sys/fs/cgroup/systemd';
  if (host.cgroupVersion === 1 && existsSync(hierarchy)) {
    mounts.push({
      type: 'bind',
      source: hierarchy,
      destination: hierarchy,
      options: ['bind', 'nodev', 'noexec', 'nosuid'],
    });
  }
  return mounts;
}
