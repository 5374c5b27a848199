/** Whether `add` would unpack a file: a tar archive, compressed or not (buildah: add.go). */
import { closeSync, readSync } from 'node:fs';
import { detectCompression } from '@lighter/archive/compression';
import { openInRoot } from '@lighter/archive/rootfs';

export function looksLikeArchive(context: string, path: string): boolean {
  const fd = openInRoot(context, path);
  try {
    const head = Buffer.alloc(512);
    const length = readSync(fd, head, 0, head.length, 0);
    return detectCompression(head.subarray(0, length)) !== 'none' || head.toString('latin1', 257, 262) === 'ustar';
  } finally {
    closeSync(fd);
  }
}
