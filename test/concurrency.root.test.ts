/**
 * Three processes of ours and three of the peer's do 300 random pulls, tags, mounts and removals on distinct images of
 * one store at once. Then every JSON file parses, each layer exports to its diff id in both tools, no record is lost.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { must, ours, type Result, run } from './support/command.ts';
import { mustPeerOn, peerOn, type StorePaths, storeFlags, storeIn } from './support/peers.ts';
import { startRegistry } from './support/registry.ts';
import { makeSample, pushSample, type Sample } from './support/sample-image.ts';
import { scratch } from './support/scratch.ts';

const WORKERS = 6;
const OPERATIONS = 300;
const IMAGES_EACH = 3;

type Tool = (args: readonly string[]) => Promise<Result>;

interface Owned {
  readonly reference: string;
  readonly sample: Sample;
  /** What the store should say now. */
  present: boolean;
  tags: Set<string>;
}

/** A small generator of our own, so that a failing run can be repeated. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test('three of ours and three of the peer’s on one store at once lose nothing', { timeout: 900_000 }, async (t) => {
  const seed = Number(process.env['LIGHTER_TEST_SEED'] ?? Date.now() % 2 ** 31);
  t.diagnostic(`LIGHTER_TEST_SEED=${seed}`);
  const directory = scratch(t, 'concurrency');
  const store = storeIn(directory);
  const registry = await startRegistry(t);
  const tools: Record<'ours' | 'peer', Tool> = {
    ours: (args) => run(ours('podman'), [...storeFlags(store), ...args]),
    peer: (args) => peerOn(store, 'podman', args),
  };
  const owned: Owned[][] = [];
  for (let worker = 0; worker < WORKERS; worker++) {
    owned.push([]);
    for (let n = 0; n < IMAGES_EACH; n++) {
      const reference = `${registry.host}/worker-${worker}:image-${n}`;
      const sample = await makeSample(`${directory}/sample-${worker}-${n}`, { mark: `${worker}-${n}`, extraLayers: 1 });
      await pushSample(sample, reference);
      owned[worker]?.push({ reference, sample, present: false, tags: new Set() });
    }
  }
  // Both tools open the fresh store once before they race on making it.
  await must(ours('podman'), [...storeFlags(store), 'images']);
  await mustPeerOn(store, 'podman', ['images']);

  await Promise.all(
    owned.map((images, worker) =>
      work(tools[worker % 2 === 0 ? 'ours' : 'peer'], images, randomNumbers(seed + worker), OPERATIONS / WORKERS),
    ),
  );

  const expected = owned.flat().filter((image) => image.present);
  checkJson(store);
  for (const tool of [tools.ours, tools.peer]) {
    const listed = await tool(['images', '--format', 'json']);
    assert.equal(listed.code, 0, listed.stderr);
    const names = new Map<string, string[]>(
      JSON.parse(listed.stdout).map((one: { Id: string; Names: string[] }) => [one.Id, one.Names]),
    );
    assert.deepEqual([...names.keys()].sort(), expected.map((image) => image.sample.configDigest.slice(7)).sort());
    for (const image of expected) {
      assert.deepEqual(
        [...(names.get(image.sample.configDigest.slice(7)) ?? [])].sort(),
        [image.reference, ...image.tags].sort(),
      );
    }
  }
  for (const image of expected) {
    assert.deepEqual(await exported(store, 'ours', image, directory), image.sample.diffIds);
    assert.deepEqual(await exported(store, 'peer', image, directory), image.sample.diffIds);
  }
});

async function work(tool: Tool, images: Owned[], random: (below: number) => number, operations: number): Promise<void> {
  const must = async (...args: string[]) => {
    const result = await tool(args);
    assert.equal(result.code, 0, `${args.join(' ')}: ${result.stderr}`);
    return result.stdout.trim();
  };
  for (let n = 0; n < operations; n++) {
    const image = images[random(images.length)] as Owned;
    const action = random(4);
    if (!image.present || action === 0) {
      await must('pull', '-q', '--tls-verify=false', image.reference);
      image.present = true;
    } else if (action === 1) {
      const tag = `localhost/${image.reference.split('/')[1]}-tag-${random(3)}`;
      await must('tag', image.reference, tag);
      image.tags.add(tag);
    } else if (action === 2) {
      const container = await must('create', '--network', 'none', image.reference, 'true');
      await must('mount', container);
      await must('rm', container);
    } else {
      await must('rmi', image.reference, ...image.tags);
      image.present = false;
      image.tags.clear();
    }
  }
}

function checkJson(store: StorePaths): void {
  for (const path of readdirSync(store.root, { recursive: true, encoding: 'utf8' })) {
    if (!/overlay-(layers|images|containers)\/[^/]*\.json$/.test(path)) continue;
    assert.doesNotThrow(() => JSON.parse(readFileSync(`${store.root}/${path}`, 'utf8')), path);
  }
}

/** Diff ids of an image's layers as a tool exports them. */
async function exported(store: StorePaths, side: 'ours' | 'peer', image: Owned, directory: string): Promise<string[]> {
  const out = `${directory}/export`;
  await must('rm', ['-rf', out]);
  const skopeo = side === 'ours' ? ours('skopeo') : '/usr/bin/skopeo';
  await must(skopeo, [
    '--insecure-policy',
    'copy',
    '-q',
    `containers-storage:[overlay@${store.root}+${store.runroot}]${image.reference}`,
    `dir:${out}`,
  ]);
  const manifest = JSON.parse(readFileSync(`${out}/manifest.json`, 'utf8'));
  const digests: string[] = [];
  for (const layer of manifest.layers) {
    const file = `${out}/${layer.digest.slice(7)}`;
    const sum = await must('sh', ['-c', `(gzip -dc ${file} 2>/dev/null || cat ${file}) | sha256sum`]);
    digests.push(`sha256:${sum.split(' ')[0]}`);
  }
  return digests;
}
