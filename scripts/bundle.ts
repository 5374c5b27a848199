/**
 * Bundles the four commands into dist/: ESM with code splitting, one entry per command; verbs and workers are loaded
 * when needed. Everything lands flat in dist/, so that a worker or the addon is found beside whatever chunk asks.
 */
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { build } from 'esbuild';

const workers = globSync('packages/*/src/**/*.worker.ts');
const entryPoints = Object.fromEntries([
  ...['skopeo', 'buildah', 'podman', 'crio'].map((name) => [name, `apps/${name}/src/main.ts`]),
  ...workers.map((path) => [basename(path, '.ts'), path]),
]);

const { outputFiles } = await build({
  entryPoints,
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  conditions: ['source'],
  chunkNames: 'chunk-[name]-[hash]',
  minifySyntax: true,
  minifyWhitespace: true,
  write: false,
  legalComments: 'none',
  // Packages in CommonJS inside an ESM bundle ask for a `require`.
  banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
});

// Only now, so that a failed build leaves the last good one.
mkdirSync('dist', { recursive: true });
for (const path of globSync('dist/*.js')) rmSync(path);
for (const { path, contents } of outputFiles) writeFileSync(path, contents);
