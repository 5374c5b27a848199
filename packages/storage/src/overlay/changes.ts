/** What a container changed, as `podman diff` lists it, and how large its own files are. */
import { lstatSync, readdirSync } from 'node:fs';
import { linux } from '@lighter/linux/native';
import type { Change } from '../store-types.ts';

/** Changes of a layer's own content against the layers below, in order of paths. */
export function overlayChanges(own: readonly string[], lower: readonly string[]): Change[] {
  const changes = new Map<string, Change>();
  const note = (kind: Change['kind'], path: string) => changes.set(path, { kind, path });
  const walk = (root: string, directory: string) => {
    for (const name of readdirSync(`${root}${directory}`).sort()) {
      const path = `${directory}/${name}`;
      const status = lstatSync(`${root}${path}`);
      if (isWhiteout(status)) {
        note('deleted', path);
        parents(path);
        continue;
      }
      const there = inLower(lower, path);
      // A directory that was only copied up so that something in it could change is modified through its content.
      if (!there) {
        note('added', path);
        parents(path);
      } else if (!status.isDirectory() || !sameMetadata(`${root}${path}`, there)) note('modified', path);
      if (status.isDirectory()) walk(root, path);
    }
  };
  const parents = (path: string) => {
    for (
      let parent = path.slice(0, path.lastIndexOf('/'));
      parent !== '';
      parent = parent.slice(0, parent.lastIndexOf('/'))
    ) {
      if (!changes.has(parent)) note('modified', parent);
    }
  };
  for (const root of own.slice(0, 1)) walk(root, '');
  return [...changes.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function isWhiteout(status: { isCharacterDevice(): boolean; rdev: number }): boolean {
  return status.isCharacterDevice() && status.rdev === 0;
}

function inLower(lower: readonly string[], path: string): string | undefined {
  for (const root of lower) {
    const status = lstatSync(`${root}${path}`, { throwIfNoEntry: false });
    if (status) return isWhiteout(status) ? undefined : `${root}${path}`;
  }
  return undefined;
}

function sameMetadata(a: string, b: string): boolean {
  const [one, two] = [linux.lstat(a), linux.lstat(b)];
  return one.mode === two.mode && one.uid === two.uid && one.gid === two.gid && one.mtimeNs === two.mtimeNs;
}

/** Bytes of all files, hard links once. */
export function treeSize(roots: readonly string[]): number {
  const seen = new Set<string>();
  let size = 0;
  const walk = (directory: string) => {
    for (const name of readdirSync(directory)) {
      const path = `${directory}/${name}`;
      const status = lstatSync(path);
      if (status.isDirectory()) walk(path);
      else if (status.nlink === 1 || !seen.has(`${status.dev}:${status.ino}`)) {
        seen.add(`${status.dev}:${status.ino}`);
        size += status.size;
      }
    }
  };
  for (const root of roots) walk(root);
  return size;
}
