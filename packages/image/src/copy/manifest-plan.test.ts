import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mediaTypes } from '@lighter/spec/media-types';
import { listPlan, manifestPlan } from './manifest-plan.ts';

const {
  ociManifest: oci,
  dockerManifest: docker,
  dockerSchema1Signed: signed,
  ociIndex,
  dockerManifestList,
} = mediaTypes;
const registry = [oci, docker, ociIndex, dockerManifestList, signed];

test('the source’s own type first, then Docker’s, then what else is taken', () => {
  assert.deepEqual(manifestPlan(oci, registry, {}), [oci, docker, signed]);
  assert.deepEqual(manifestPlan(docker, registry, {}), [docker, signed, oci]);
  assert.deepEqual(manifestPlan(oci, [docker], {}), [docker]);
  assert.equal(manifestPlan(oci, [], {})[0], oci);
  assert.deepEqual(manifestPlan(docker, [oci, ociIndex], {}), [oci]);
});

test('a format that is asked for is the only one', () => {
  assert.deepEqual(manifestPlan(oci, registry, { format: 'v2s2' }), [docker]);
  assert.deepEqual(manifestPlan(oci, [], { format: 'v2s1' }), [signed]);
  assert.throws(() => manifestPlan(oci, [docker], { format: 'oci' }), /takes no manifests of type/);
});

test('a manifest that can’t be changed is sent as it is', () => {
  assert.deepEqual(manifestPlan(docker, [oci], { fixed: 'why' }), [docker]);
  assert.deepEqual(manifestPlan(oci, registry, { format: 'v2s2', fixed: 'why' }), [oci]);
});

test('zstd takes an OCI manifest', () => {
  assert.deepEqual(manifestPlan(docker, registry, { compression: 'zstd' }), [oci]);
  assert.throws(() => manifestPlan(oci, registry, { compression: 'zstd', format: 'v2s2' }), /compression using zstd/);
  assert.throws(() => manifestPlan(oci, [docker], { compression: 'zstd' }), /compression using zstd/);
});

test('lists become those of the format, or stay', () => {
  assert.deepEqual(listPlan(ociIndex, registry, {}), [ociIndex, dockerManifestList]);
  assert.deepEqual(listPlan(ociIndex, [], { format: 'v2s2' }), [dockerManifestList]);
  assert.throws(() => listPlan(ociIndex, [], { format: 'v2s2', fixed: 'why' }), /cannot modify it: "why"/);
  assert.deepEqual(listPlan(dockerManifestList, [ociIndex], {}), [ociIndex]);
});
