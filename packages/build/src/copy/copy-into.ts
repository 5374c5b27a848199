/** Copies files into a mounted root file system: what lands where, with which owner (buildah: add.go). */
import { createHash } from 'node:crypto';
import { closeSync, constants, fchownSync } from 'node:fs';
import { ContentDigest } from '@lighter/archive/copy/content-digest';
import { type CopyOptions, copyDirectory, copyFile } from '@lighter/archive/copy/copy-tree';
import { makeDirectoryInRoot, openInRoot, statusInRoot } from '@lighter/archive/rootfs';
import { S_IFDIR, S_IFMT } from '@lighter/linux/constants';
import { rootlessUid } from '@lighter/linux/launched';
import { BuildError } from '../errors.ts';
import type { ContentSummary, CopyRequest } from './copy-request.ts';
import { type FoundSource, findSources } from './find-sources.ts';
import { isPattern } from './match-pattern.ts';
import { parseMode, parseOwner } from './owner.ts';
import { looksLikeArchive } from './unpackable.ts';

/** undefined when nothing was copied. `workingDirectory` is the container's. */
export async function copyInto(
  root: string,
  workingDirectory: string,
  request: CopyRequest,
): Promise<ContentSummary | undefined> {
  const { sources, context, signal } = request;
  const found = findSources(context, sources);
  const owner = request.chown === undefined ? { uid: 0, gid: 0 } : parseOwner(root, request.chown);
  const keepOwner = request.preserveOwner && request.chown === undefined;
  const options: CopyOptions = {
    ...(keepOwner ? {} : { owner }),
    ...(request.chmod === undefined ? {} : { mode: parseMode(request.chmod) }),
    ...(request.timestamp === undefined ? {} : { timestamp: request.timestamp }),
    userNamespace: rootlessUid() !== undefined,
    ...(signal ? { signal } : {}),
  };
  const target = destinationOf(root, workingDirectory, request, found);
  const summaries: ContentSummary[] = [];
  for (const source of found) {
    signal?.throwIfAborted();
    summaries.push(await copyOne(root, target, source, request, options, owner));
  }
  return combine(summaries);
}

interface Target {
  /** Absolute path inside the root. */
  readonly path: string;
  /** Files keep their names in it. */
  readonly isDirectory: boolean;
  readonly isFile: boolean;
}

function destinationOf(
  root: string,
  workingDirectory: string,
  { destination = '', sources }: CopyRequest,
  found: readonly FoundSource[],
): Target {
  const path = destination.startsWith('/') ? destination : `${workingDirectory}/${destination}`;
  const status = statusInRoot(root, path);
  const exists = status !== undefined;
  const directoryThere = exists && (status.mode & S_IFMT) === S_IFDIR;
  const asDirectory =
    /(?:^|\/)\.?$/.test(destination) || found.length > 1 || sources.length > 1 || sources.some(isPattern);
  return { path, isDirectory: directoryThere || asDirectory, isFile: exists && !directoryThere };
}

async function copyOne(
  root: string,
  target: Target,
  source: FoundSource,
  { context, unpack, warn }: CopyRequest,
  options: CopyOptions,
  owner: { readonly uid: number; readonly gid: number },
): Promise<ContentSummary> {
  const from = { root: context, path: source.path };
  const digest = new ContentDigest();
  const intoDirectory = source.isDirectory || target.isDirectory;
  if (intoDirectory && target.isFile)
    throw new BuildError('COPY_FAILED', `destination ${target.path} already exists but is not a directory`);
  if (unpack && !source.isDirectory && looksLikeArchive(context, source.path))
    throw new BuildError(
      'UNSUPPORTED',
      `adding the archive ${JSON.stringify(source.path)}: unpacking archives isn't built yet; unpack it first, or use copy to have it as a file`,
    );
  ensureDirectory(root, intoDirectory ? target.path : target.path.slice(0, target.path.lastIndexOf('/')), owner);
  const name = source.path.slice(source.path.lastIndexOf('/') + 1);
  const result = source.isDirectory
    ? await copyDirectory(from, { root, path: target.path }, { ...options, digest })
    : await copyFile(
        from,
        { root, path: target.isDirectory ? `${target.path}/${name}` : target.path },
        { ...options, digest },
      );
  for (const skipped of result.skipped) warn?.(`${skipped} is a socket or a device that can't be copied`);
  return { kind: source.isDirectory ? 'dir' : 'file', hex: digest.finish() };
}

/** Makes what is missing of a directory's path, 0755 and owned by `owner`. */
function ensureDirectory(root: string, path: string, owner: { readonly uid: number; readonly gid: number }): void {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  for (let count = 1; count <= parts.length; count++) {
    const part = parts.slice(0, count).join('/');
    if (statusInRoot(root, part)) continue;
    makeDirectoryInRoot(root, part);
    const fd = openMade(root, part);
    try {
      fchownSync(fd, owner.uid, owner.gid);
    } finally {
      closeSync(fd);
    }
  }
}

function openMade(root: string, path: string): number {
  try {
    return openInRoot(root, path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    throw new BuildError('COPY_FAILED', `destination /${path} is a symbolic link that leads nowhere`, { cause: error });
  }
}

function combine(summaries: readonly ContentSummary[]): ContentSummary | undefined {
  if (summaries.length <= 1) return summaries[0];
  const text = summaries.map(({ kind, hex }) => `${kind}:${hex}`).join(',');
  return { kind: 'multi', hex: createHash('sha256').update(text).digest('hex') };
}
