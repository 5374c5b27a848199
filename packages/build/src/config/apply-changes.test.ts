/** Expected values are what Go's buildah 1.28 and 1.43 leave in buildah.json for the same flags. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mediaTypes } from '@lighter/spec/media-types';
import type { BuilderState } from '../state/builder-state.ts';
import { initialState } from '../state/initial-state.ts';
import { applyChanges } from './apply-changes.ts';
import type { ConfigChanges } from './changes.ts';

const now = new Date('2026-01-02T03:04:05.006Z');

function scratchState(format: 'oci' | 'docker' = 'oci'): BuilderState {
  return initialState({ containerId: 'c'.repeat(64), containerName: 'w', format, rootless: false, now });
}

/** Applies one set of changes after the other. */
function changed(...changes: ConfigChanges[]) {
  const state = scratchState();
  const warnings: string[] = [];
  const errors: string[] = [];
  for (const one of changes) {
    applyChanges(state, one, {
      environment: { HOME: '/root' },
      now,
      warn: (message) => warnings.push(message),
      error: (message) => errors.push(message),
    });
  }
  return { state, oci: state.ociv1.config ?? {}, docker: state.docker.container_config, warnings, errors };
}

test('environment: values are expanded from the container, changed names move to the end', () => {
  const { oci, docker, errors } = changed({ env: ['A=1', 'B=2'] }, { env: ['C=$A-\x24{B}-$NOPE'] }, { env: ['A=9'] });
  assert.deepEqual(oci.Env, ['B=2', 'C=1-2-NOPE', 'A=9']);
  assert.deepEqual(docker.Env, oci.Env);
  assert.deepEqual(errors, ['error expanding variable "NOPE": no value set in configuration']);
});

test('environment: removal, clearing, values of the caller', () => {
  assert.deepEqual(changed({ env: ['A=1', 'B=2', 'A-'] }).oci.Env, ['B=2']);
  assert.deepEqual(changed({ env: ['A=1', '-', 'HOME'] }).oci.Env, ['HOME=/root']);
  assert.throws(() => changed({ env: ['NOPE'] }), { message: 'setting env "NOPE": no value given' });
});

test('labels and annotations: K is empty, K- removes, - clears', () => {
  assert.deepEqual(changed({ labels: ['x', 'y=2=3'] }).docker.Labels, { x: '', y: '2=3' });
  assert.deepEqual(changed({ labels: ['x', 'y=2', 'y-'] }).oci.Labels, { x: '' });
  assert.deepEqual(changed({ labels: ['x', '-'] }).oci.Labels, {});
  assert.deepEqual(changed({ labels: ['a=1', 'b=2'], unsetLabels: ['a'] }).oci.Labels, { b: '2' });
  assert.deepEqual(changed({ annotations: ['-', 'a=b', 'c'] }).state.annotations, { a: 'b', c: '' });
});

test('ports and volumes are kept as given', () => {
  const { oci, docker } = changed({
    ports: ['90-92/udp', '80', '7000/TCP', '7000/TCP-'],
    volumes: ['/b', '/a', '/b-'],
  });
  assert.deepEqual(oci.ExposedPorts, { '80': {}, '90-92/udp': {} });
  assert.deepEqual(docker.Volumes, { '/a': {} });
  assert.deepEqual(changed({ ports: ['80', '-anything'] }).oci.ExposedPorts, {});
});

test('command and entry point: lists, words, shell text, none', () => {
  assert.deepEqual(changed({ cmd: 'a "b c" d' }).oci.Cmd, ['a', 'b c', 'd']);
  assert.deepEqual(changed({ cmd: '["x","y z"]' }).oci.Cmd, ['x', 'y z']);
  assert.deepEqual(changed({ cmd: '[1]' }).oci.Cmd, ['[1]']);
  assert.deepEqual(changed({ cmd: 'x' }, { cmd: ' ' }).docker.Cmd, []);
  const shell = changed({ cmd: 'x y' }, { entrypoint: 'foo bar' });
  assert.deepEqual(shell.oci.Entrypoint, ['/bin/sh', '-c', 'foo bar']);
  assert.deepEqual(shell.oci.Cmd, ['x', 'y']);
  assert.deepEqual(shell.warnings, ['cmd "x y" exists but will be ignored because of entrypoint settings']);
  const list = changed({ cmd: 'x y' }, { entrypoint: '["a"]' });
  assert.deepEqual(list.oci.Entrypoint, ['a']);
  assert.deepEqual(list.warnings, ['cmd "x y" exists and will be passed to entrypoint as a parameter']);
  assert.deepEqual(changed({ entrypoint: 'a' }, { entrypoint: '' }).docker.Entrypoint, []);
});

test('health checks are Docker’s alone', () => {
  const { docker, oci, warnings } = changed({ healthcheck: 'CMD true' });
  assert.deepEqual(docker.Healthcheck, { Test: ['CMD', 'true'], Interval: 30e9, Timeout: 30e9, Retries: 3 });
  assert.equal(oci.Healthcheck, undefined);
  assert.deepEqual(warnings, [
    'HEALTHCHECK is not supported for OCI image format and will be ignored. Must use `docker` format',
  ]);
  assert.deepEqual(changed({ healthcheckRetries: 7 }).docker.Healthcheck?.Test, ['NONE']);
  assert.equal(changed({ healthcheck: 'CMD true' }, { healthcheck: '' }).docker.Healthcheck, undefined);
});

test('what OCI has no place for is told once, unless the format is Docker’s', () => {
  const changes = { comment: 'c', domainname: 'd', hostname: 'h', onBuild: ['RUN x'], shell: '/bin/sh -e' };
  assert.equal(changed(changes).warnings.length, 5);
  const state = scratchState('docker');
  const warnings: string[] = [];
  applyChanges(state, changes, { environment: {}, now, warn: (text) => warnings.push(text), error: assert.fail });
  assert.deepEqual(warnings, []);
  assert.equal(state.Format, mediaTypes.dockerManifest);
  assert.deepEqual(state.docker.container_config.Shell, ['/bin/sh', '-e']);
  assert.equal(state.docker.comment, 'c');
});

test('platform, author and the rest reach both configurations', () => {
  const { state } = changed({
    author: 'me',
    architecture: 'arm64',
    variant: 'v8',
    os: 'linux',
    osVersion: '10',
    osFeatures: ['f1', 'f2', 'f1-'],
    user: '0:0',
    stopSignal: 'FOO',
    workingDirectory: 'rel',
    createdBy: 'by me',
    historyComment: 'hc',
  });
  for (const image of [state.ociv1, state.docker]) {
    assert.equal(image.author, 'me');
    assert.equal(image.architecture, 'arm64');
    assert.equal(image.variant, 'v8');
    assert.equal(image['os.version'], '10');
    assert.deepEqual(image['os.features'], ['f2']);
    assert.equal(image.config?.User, '0:0');
    assert.equal(image.config?.StopSignal, 'FOO');
    assert.equal(image.config?.WorkingDir, 'rel');
  }
  assert.equal(state['created-by'], 'by me');
  assert.equal(state['history-comment'], 'hc');
});

test('history: each instruction is an empty layer, in upstream’s order', () => {
  const { state } = changed({
    addHistory: true,
    onBuild: ['RUN z'],
    workingDirectory: '/w',
    labels: ['l=1'],
    healthcheck: 'CMD x',
    volumes: ['/v1', '/v2'],
    cmd: 'q w',
    entrypoint: 'e',
    env: ['Z=1', 'Y=2'],
    ports: ['1', '2'],
    stopSignal: '3',
    shell: '/bin/sh -x',
    user: 'u',
  });
  const texts = state.PrependedEmptyLayers?.map(({ created_by }) => created_by?.replace('/bin/sh -c #(nop) ', ''));
  assert.deepEqual(texts, [
    'USER u',
    'SHELL /bin/sh -x',
    'STOPSIGNAL 3',
    'EXPOSE 1 2',
    'ENV Z=1 Y=2',
    'ENTRYPOINT e',
    'CMD q w',
    'VOLUME /v1',
    'VOLUME /v2',
    'HEALTHCHECK CMD x',
    'LABEL l=1',
    'WORKDIR /w',
    'ONBUILD RUN z',
  ]);
  assert.ok(
    state.PrependedEmptyLayers?.every((entry) => entry.empty_layer && entry.created === '2026-01-02T03:04:05.006Z'),
  );
  assert.equal(
    changed({ addHistory: true, author: 'z' }).state.PrependedEmptyLayers?.[0]?.created_by,
    '/bin/sh -c #(nop) ENV ',
  );
});
