/** What a command loads: bytes of JavaScript and parts of Node, as time can't be counted on. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { must, ours, repository } from './support/command.ts';
import { storeFlags, storeIn } from './support/peers.ts';
import { scratch } from './support/scratch.ts';

interface Loaded {
  /** Bytes of our own scripts that V8 evaluated. */
  readonly bytes: number;
  /** Parts of Node, as in `process.moduleLoadList`. */
  readonly parts: readonly string[];
}

/** Runs dist/NAME.js with Node's own coverage, which lists the scripts that were evaluated. */
async function loaded(directory: string, name: string, args: readonly string[]): Promise<Loaded> {
  const coverage = `${directory}/coverage-${name}-${args.at(-1)}`;
  mkdirSync(coverage);
  const probe = `${directory}/probe.cjs`;
  writeFileSync(
    probe,
    "process.on('exit', () => require('node:fs').writeFileSync(process.env.PROBE, JSON.stringify(process.moduleLoadList)));\n",
  );
  await must(`${repository}/dist/node`, ['--require', probe, `${repository}/dist/${name}.js`, ...args], {
    env: { NODE_V8_COVERAGE: coverage, PROBE: `${coverage}/parts` },
  });
  const parts = JSON.parse(readFileSync(`${coverage}/parts`, 'utf8')) as string[];
  const report = readdirSync(coverage).find((file) => file.startsWith('coverage-')) ?? '';
  const { result } = JSON.parse(readFileSync(`${coverage}/${report}`, 'utf8')) as { result: { url: string }[] };
  const scripts = result.map(({ url }) => url).filter((url) => url.startsWith(`file://${repository}/dist/`));
  assert.ok(scripts.length > 0, 'no script of ours was seen');
  return { bytes: scripts.reduce((sum, url) => sum + readFileSync(new URL(url)).length, 0), parts };
}

test('--version evaluates at most 50 kB', async (t) => {
  const directory = scratch(t, 'startup');
  for (const name of ['podman', 'skopeo', 'buildah', 'crio']) {
    const { bytes } = await loaded(directory, name, ['--version']);
    assert.ok(bytes <= 50_000, `${name}: ${bytes} bytes`);
  }
});

test('ps and images evaluate at most 250 kB and no network, no compression, no threads', async (t) => {
  const directory = scratch(t, 'startup');
  const store = storeFlags(storeIn(directory));
  await must(ours('podman'), [...store, 'ps']);
  for (const verb of ['ps', 'images']) {
    const { bytes, parts } = await loaded(directory, 'podman', [...store, verb]);
    assert.ok(bytes <= 250_000, `${verb}: ${bytes} bytes`);
    t.diagnostic(`${verb}: ${bytes} bytes`);
    const heavy = parts.filter((part) => /^NativeModule (http|https|http2|tls|zlib|worker_threads|crypto)$/.test(part));
    assert.deepEqual(heavy, [], verb);
  }
});
