/** conmon's exit files. They outlive their containers for a while: `wait` may look after `--rm` has removed everything. */
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import type { EnginePaths } from '../engine-paths.ts';
import type { ContainerExit } from '../record.ts';
import { directoryNames } from './run-files.ts';

/** Milliseconds; podman keeps exit codes as long. */
const KEPT = 300_000;

export function readExit(paths: EnginePaths, id: string): ContainerExit | undefined {
  const path = `${paths.exits}/${id}`;
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status) return undefined;
  const oomKilled = existsSync(`${paths.persist(id)}/oom`) || existsSync(`${paths.bundle(id)}/oom`);
  return {
    code: Number(readFileSync(path, 'utf8').trim()),
    finished: status.ctimeMs,
    ...(oomKilled ? { oomKilled } : {}),
  };
}

/** Removes exit files that nobody will ask for any more. */
export function pruneExits(paths: EnginePaths): void {
  for (const id of directoryNames(paths.exits)) {
    const path = `${paths.exits}/${id}`;
    const status = statSync(path, { throwIfNoEntry: false });
    if (status && Date.now() - status.ctimeMs > KEPT && !existsSync(paths.container(id))) rmSync(path, { force: true });
  }
}
