/** A throw-away installation: the launcher as `podman`, the pinned Node, the addon and a program that tells what it sees. */
import { copyFileSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { repository } from './command.ts';

/** Makes the tree in `directory` and returns the path of its `podman`. */
export async function launcherTree(directory: string): Promise<string> {
  mkdirSync(`${directory}/bin`, { recursive: true, mode: 0o755 });
  for (const name of ['podman', 'lighter-guard']) {
    copyFileSync(`${repository}/dist/bin/${name}`, `${directory}/bin/${name}`);
  }
  copyFileSync(`${repository}/dist/lighter.node`, `${directory}/lighter.node`);
  symlinkSync(realpathSync(`${repository}/dist/node`), `${directory}/node`);
  await build({
    entryPoints: [fileURLToPath(new URL('launched-program.ts', import.meta.url))],
    outfile: `${directory}/podman.js`,
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['source'],
    logLevel: 'silent',
  });
  return `${directory}/bin/podman`;
}
