/** For tests: every entry of a tree with all that matters, one text each. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { S_IFLNK, S_IFMT, S_IFREG } from '@lighter/linux/constants';
import { linux } from '@lighter/linux/native';

export function treeListing(directory: string): string[] {
  // Names as bytes: they needn't be UTF-8.
  const found = execFileSync('find', [directory, '-mindepth', '1', '-printf', '%P\\0'], {
    encoding: 'latin1',
    maxBuffer: 1 << 26,
  });
  return found
    .split('\0')
    .filter(Boolean)
    .sort()
    .map((path) => {
      const full = Buffer.from(`${directory}/${path}`, 'latin1');
      const status = linux.lstat(full);
      const kind = status.mode & S_IFMT;
      const content =
        kind === S_IFREG
          ? createHash('sha256').update(readFileSync(full)).digest('hex')
          : kind === S_IFLNK
            ? readlinkSync(full)
            : '';
      const xattrs = linux
        .llistxattr(full)
        .sort()
        .map((name) => `${name}=${Buffer.from(linux.lgetxattr(full, name) ?? []).toString('hex')}`);
      const { mode, uid, gid, mtimeNs, nlink, rdevMajor, rdevMinor } = status;
      return [path, mode.toString(8), uid, gid, mtimeNs, nlink, rdevMajor, rdevMinor, content, ...xattrs].join(' ');
    });
}
