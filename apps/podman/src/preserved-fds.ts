/** `--preserve-fds`, `--preserve-fd` and socket activation: descriptors of our caller that the container gets from 3 on. */
import { readlinkSync } from 'node:fs';
import { restoreCaller } from '@lighter/linux/launched';

export function preservedFds(count: number | undefined, list: readonly string[] | undefined): number[] {
  if (count !== undefined && list !== undefined) {
    throw new Error('cannot specify both --preserve-fds and --preserve-fd');
  }
  const activated = process.env['LISTEN_PID'] === String(process.pid) ? Number(process.env['LISTEN_FDS'] ?? 0) : 0;
  const fds = list
    ? list.map(Number)
    : Array.from({ length: Math.max(count ?? 0, activated) }, (_, index) => index + 3);
  for (const fd of fds) {
    if (!Number.isInteger(fd) || fd < 3 || !isInherited(fd)) {
      throw new Error(
        `file descriptor ${fd} is not available - the preserve-fds option requires that file descriptors must be passed`,
      );
    }
  }
  return fds;
}

/** Node's own are event counters and polls; the launcher's is the pipe to its watcher. */
function isInherited(fd: number): boolean {
  try {
    return fd !== restoreCaller().watcherFd && !readlinkSync(`/proc/self/fd/${fd}`).startsWith('anon_inode:');
  } catch {
    return false; // not open at all
  }
}
