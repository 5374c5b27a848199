/** Which cgroup hierarchies are mounted where; read from mountinfo, without executing anything. */
import { readFileSync } from 'node:fs';

export interface CgroupMounts {
  /** 2 when the unified hierarchy is the only one; 1 also for the hybrid layout. */
  readonly version: 1 | 2;
  /** Version 1 controllers beside a mounted unified hierarchy. */
  readonly hybrid: boolean;
  /** Controller of version 1 (or `name=systemd`) → mount point. */
  readonly controllers: ReadonlyMap<string, string>;
  /** Mount point of the unified hierarchy, where there is one. */
  readonly unified?: string;
}

/** Takes the text of `/proc/self/mountinfo` (proc_pid_mountinfo(5)). */
export function parseCgroupMounts(mountinfo: string): CgroupMounts {
  const controllers = new Map<string, string>();
  let unified: string | undefined;
  for (const line of mountinfo.split('\n')) {
    const [fields = '', behind = ''] = line.split(' - ');
    const [type, , superOptions = ''] = behind.split(' ');
    const point = (fields.split(' ')[4] ?? '').replace(/\\(\d{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    if (type === 'cgroup2') unified ??= point;
    if (type !== 'cgroup') continue;
    for (const option of superOptions.split(',')) {
      if (option !== 'rw' && option !== 'ro' && !controllers.has(option)) controllers.set(option, point);
    }
  }
  return {
    version: controllers.size > 0 ? 1 : 2,
    hybrid: controllers.size > 0 && unified !== undefined,
    controllers,
    ...(unified === undefined ? {} : { unified }),
  };
}

export function readCgroupMounts(): CgroupMounts {
  return parseCgroupMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
}
