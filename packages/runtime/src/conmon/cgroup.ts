/**
 * Moves conmon to a cgroup of its own beside the container's, so that its memory isn't counted as the container's.
 * It happens while conmon waits for its start byte: what it forks afterwards is then in the right place.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { CgroupMounts } from '../cgroups.ts';

/** Controllers of version 1 that podman moves conmon in. */
const accounted = ['cpu', 'cpuset', 'memory', 'pids', 'blkio'];

/**
 * Makes the cgroup `path` (absolute, as in `/libpod_parent/conmon`) and puts the process into it.
 * Returns what went wrong: conmon runs all the same, where it was.
 */
export function moveToCgroup(mounts: CgroupMounts, path: string, pid: number): string[] {
  const failures: string[] = [];
  const roots =
    mounts.version === 2
      ? [mounts.unified ?? '/sys/fs/cgroup']
      : [...new Set(accounted.flatMap((controller) => mounts.controllers.get(controller) ?? []))];
  for (const root of roots) {
    try {
      makeCgroup(root, path, root === mounts.controllers.get('cpuset'));
      writeFileSync(`${root}${path}/cgroup.procs`, String(pid));
    } catch (error) {
      failures.push(`moving conmon to cgroup ${root}${path}: ${(error as Error).message}`);
    }
  }
  return failures;
}

function makeCgroup(root: string, path: string, isCpuset: boolean): void {
  let directory = root;
  for (const part of path.split('/').filter(Boolean)) {
    const parent = directory;
    directory = `${directory}/${part}`;
    try {
      mkdirSync(directory, 0o755);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (isCpuset) inheritCpuset(parent, directory);
  }
}

/** A cpuset of version 1 accepts no process before it has processors and memory nodes. */
function inheritCpuset(parent: string, directory: string): void {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (readFileSync(`${directory}/${file}`, 'utf8').trim() !== '') continue;
    writeFileSync(`${directory}/${file}`, readFileSync(`${parent}/${file}`));
  }
}
