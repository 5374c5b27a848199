/** Golden bytes are those of Go's buildah for the same steps, with the times and the label's value changed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest } from '@lighter/spec/digest';
import { applyChanges } from '../config/apply-changes.ts';
import type { BuilderState } from '../state/builder-state.ts';
import { initialState } from '../state/initial-state.ts';
import { committedConfig } from './committed-config.ts';

const now = new Date('2026-12-01T09:53:40.771Z');
const diffId = 'sha256:312889428bf3f8f68dd449a0b682216ac8f94624a4a17541bcf613452e53afba' as Digest;
const baseDiffId = 'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef' as Digest;

function fromScratch(): BuilderState {
  const state = initialState({ containerId: 'c'.repeat(64), containerName: 'w', format: 'oci', rootless: false, now });
  applyChanges(
    state,
    {
      entrypoint: '["/bin/sh"]',
      env: ['foo=bar'],
      labels: ['a=<b>&'],
      ports: ['80'],
      volumes: ['/v'],
      user: 'app',
      workingDirectory: '/w',
      author: 'me',
      createdBy: 'made by me',
      comment: 'cc',
      historyComment: 'hc',
      stopSignal: '9',
      healthcheck: 'CMD true',
      onBuild: ['RUN x'],
      shell: '/bin/sh -e',
      hostname: 'hh',
    },
    { environment: {}, now, warn() {}, error: assert.fail },
  );
  return state;
}

test('OCI', () => {
  assert.equal(
    committedConfig(fromScratch(), { format: 'oci', diffIds: [diffId], now, identity: '1.28.2' }),
    `{"created":"2026-12-01T09:53:40.771Z","author":"me","architecture":"amd64","os":"linux","config":{"User":"app","ExposedPorts":{"80":{}},"Env":["foo=bar"],"Entrypoint":["/bin/sh"],"Volumes":{"/v":{}},"WorkingDir":"/w","Labels":{"a":"\\u003cb\\u003e\\u0026","io.buildah.version":"1.28.2"},"StopSignal":"9"},"rootfs":{"type":"layers","diff_ids":["${diffId}"]},"history":[{"created":"2026-12-01T09:53:40.771Z","created_by":"made by me","author":"me","comment":"hc"}]}`,
  );
});

test('Docker', () => {
  const config = `{"Hostname":"hh","Domainname":"","User":"app","AttachStdin":false,"AttachStdout":false,"AttachStderr":false,"ExposedPorts":{"80":{}},"Tty":false,"OpenStdin":false,"StdinOnce":false,"Env":["foo=bar"],"Cmd":null,"Healthcheck":{"Test":["CMD","true"],"Interval":30000000000,"Timeout":30000000000,"Retries":3},"Image":"","Volumes":{"/v":{}},"WorkingDir":"/w","Entrypoint":["/bin/sh"],"OnBuild":["RUN x"],"Labels":{"a":"\\u003cb\\u003e\\u0026","io.buildah.version":"1.28.2"},"StopSignal":"9","Shell":["/bin/sh","-e"]}`;
  assert.equal(
    committedConfig(fromScratch(), { format: 'docker', diffIds: [diffId], now, identity: '1.28.2' }),
    `{"comment":"cc","created":"2026-12-01T09:53:40.771Z","container":"${'c'.repeat(64)}","container_config":${config},"author":"me","config":${config},"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["${diffId}"]},"history":[{"created":"2026-12-01T09:53:40.771Z","author":"me","created_by":"made by me","comment":"hc"}]}`,
  );
});

/** A container on an image with one layer. */
function fromImage(history: object[]): BuilderState {
  const config = {
    created: '2020-01-01T00:00:00Z',
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [baseDiffId] },
    history,
  };
  return initialState({
    containerId: 'c'.repeat(64),
    containerName: 'b',
    base: {
      id: 'b'.repeat(64),
      name: 'localhost/base:latest',
      manifestDigest: baseDiffId,
      manifestType: 'application/vnd.oci.image.manifest.v1+json',
      manifest: Buffer.from('{"annotations":{"k":"v"}}'),
      config: Buffer.from(JSON.stringify(config)),
      topLayer: 'a'.repeat(64),
    },
    format: 'oci',
    rootless: false,
    now,
  });
}

test('history goes on from the base’s, names it, and keeps what is pending', () => {
  const state = fromImage([{ created: '2020-01-01T00:00:00Z', created_by: 'first' }]);
  assert.equal(state.annotations?.['k'], 'v');
  assert.equal(state.annotations?.['org.opencontainers.image.base.name'], 'localhost/base:latest');
  const plain = JSON.parse(committedConfig(state, { format: 'oci', diffIds: [baseDiffId, diffId], now }));
  assert.deepEqual(plain.history, [
    { created: '2020-01-01T00:00:00Z', created_by: 'first' },
    { created: '2026-12-01T09:53:40.771Z', created_by: '/bin/sh', comment: 'FROM localhost/base:latest' },
  ]);
  state.PrependedEmptyLayers = [{ created: '2021-01-01T00:00:00Z', created_by: 'pending', empty_layer: true }];
  const timed = JSON.parse(committedConfig(state, { format: 'oci', diffIds: [baseDiffId, diffId], now, timestamp: 0 }));
  assert.deepEqual(timed.history.slice(1), [
    {
      created: '1970-01-01T00:00:00Z',
      created_by: 'pending',
      comment: 'FROM localhost/base:latest',
      empty_layer: true,
    },
    { created: '1970-01-01T00:00:00Z', created_by: '/bin/sh' },
  ]);
  assert.equal(timed.created, '1970-01-01T00:00:00Z');
});

test('history is left out when asked for, and where the base’s doesn’t tell of its layers', () => {
  const options = { format: 'oci', diffIds: [baseDiffId, diffId], now } as const;
  assert.equal(JSON.parse(committedConfig(fromImage([]), options)).history, undefined);
  const told = fromImage([{ created_by: 'first' }]);
  assert.equal(JSON.parse(committedConfig(told, { ...options, omitHistory: true })).history, undefined);
  const squashed = JSON.parse(committedConfig(told, { ...options, diffIds: [diffId], squash: true }));
  assert.equal(squashed.history.length, 1);
});

test('a reproducible Docker image tells nothing of its container', () => {
  const state = fromScratch();
  const json = JSON.parse(committedConfig(state, { format: 'docker', diffIds: [diffId], now, timestamp: 7 }));
  assert.equal(json.container, undefined);
  assert.equal(json.config.Hostname, 'sandbox');
  assert.equal(json.config.Labels['io.buildah.version'], undefined);
});
