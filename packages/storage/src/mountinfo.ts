/** What is mounted, from the process's own point of view (proc_pid_mountinfo(5)). */
import { readFileSync } from 'node:fs';

export interface Mount {
  readonly point: string;
  readonly type: string;
  /** `shared:N master:N` of a mount that propagates; '' of a private one. */
  readonly propagation: string;
}

export function mounts(): Mount[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [left = '', right = ''] = line.split(' - ');
      const fields = left.split(' ');
      return {
        point: unescapeOctal(fields[4] ?? ''),
        type: right.split(' ')[0] ?? '',
        propagation: fields.slice(6).join(' '),
      };
    });
}

export function isMountPoint(path: string): boolean {
  return mounts().some((mount) => mount.point === path);
}

/** Blanks, tabs, newlines and backslashes are written in octal. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
