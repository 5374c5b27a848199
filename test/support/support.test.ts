/** The test support itself works: a registry serves what the peer pushed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { must, peer } from './command.ts';
import { startRegistry } from './registry.ts';
import { makeSample, pushSample } from './sample-image.ts';
import { scratch } from './scratch.ts';

test('a sample image goes through a registry unchanged', async (t) => {
  const directory = scratch(t);
  const registry = await startRegistry(t);
  const sample = await makeSample(`${directory}/image`, { mark: 'support', extraLayers: 1 });
  await pushSample(sample, `${registry.host}/sample:1`);
  const shown = JSON.parse(
    await must(peer('skopeo'), ['inspect', '--tls-verify=false', `docker://${registry.host}/sample:1`]),
  );
  assert.equal(shown.Digest, sample.manifestDigest);
  assert.equal(shown.Layers.length, 2);
});
