/**
 * Bundles the four commands into dist/. Reading a file costs a command about half a millisecond, so each program, and each
 * of podman's hot verbs, is a bundle of its own: what it needs at once is one file, what it may need later is loaded then.
 * esbuild turns TypeScript and CommonJS into modules; Rollup joins those that are always there together. Everything lands
 * flat in dist/, so that a worker or the addon is found beside whatever file asks.
 */
import { globSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, posix } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { rollup } from 'rollup';

const hot = globSync('apps/podman/src/hot/*.ts');
const entries: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['skopeo', 'buildah', 'podman', 'crio'].map((name) => [name, `apps/${name}/src/main.ts`])),
  'podman-all': 'apps/podman/src/all.ts',
  ...Object.fromEntries(hot.map((path) => [`podman-${basename(path, '.ts')}`, path])),
  ...Object.fromEntries(globSync('packages/*/src/**/*.worker.ts').map((path) => [basename(path, '.ts'), path])),
};

/** podman's main leaves to other bundles what isn't its own. */
const otherBundles: Plugin = {
  name: 'other-bundles',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/(all|hot\/[a-z-]+)\.ts$/ }, ({ path, importer }) =>
      importer.endsWith('/apps/podman/src/main.ts')
        ? { path: `./podman-${basename(path, '.ts')}.js`, external: true }
        : undefined,
    );
  },
};

async function bundle(name: string, path: string): Promise<Map<string, string>> {
  const { outputFiles } = await build({
    entryPoints: { [name]: path },
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    conditions: ['source'],
    chunkNames: `${name}-[name]-[hash]`,
    minifySyntax: true,
    minifyWhitespace: true,
    minifyIdentifiers: true,
    write: false,
    legalComments: 'none',
    plugins: [otherBundles],
  });
  const modules = new Map(outputFiles.map((file) => [basename(file.path), file.text]));
  const joined = await rollup({
    input: `${name}.js`,
    treeshake: false,
    makeAbsoluteExternalsRelative: false,
    preserveEntrySignatures: 'allow-extension',
    plugins: [
      {
        name: 'from-esbuild',
        resolveId: (id) => (modules.has(posix.basename(id)) ? posix.basename(id) : { id, external: true }),
        load: (id) => modules.get(id) ?? null,
        resolveImportMeta: (property) =>
          property === 'url' ? "require('node:url').pathToFileURL(__filename).href" : null,
      },
    ],
  });
  const { output } = await joined.generate({
    format: 'cjs',
    dynamicImportInCjs: false,
    interop: 'default',
    exports: 'named',
    generatedCode: 'es2015',
    compact: true,
    hoistTransitiveImports: false,
    entryFileNames: '[name].js',
    chunkFileNames: `${name}-[hash].js`,
  });
  await joined.close();
  return new Map(output.flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file.code] as const] : [])));
}

const files: [string, string][] = [];
for (const [name, path] of Object.entries(entries)) files.push(...(await bundle(name, path)));

// Only now, so that a failed build leaves the last good one; the programs may be running meanwhile.
mkdirSync('dist', { recursive: true });
const made = new Set(files.map(([name]) => `dist/${name}`));
for (const [name, code] of files) {
  writeFileSync(`dist/${name}.new`, code);
  renameSync(`dist/${name}.new`, `dist/${name}`);
}
writeFileSync('dist/package.json', '{"type":"commonjs"}\n');
for (const path of globSync('dist/*.js')) if (!made.has(path)) rmSync(path);
