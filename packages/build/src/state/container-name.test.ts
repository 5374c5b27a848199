import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedName, workingContainerName } from './container-name.ts';

const none = new Set<string>();

test('names come from the image', () => {
  const id = '578ce2fadb9b'.padEnd(64, 'a');
  for (const [image, name] of [
    ['', 'working-container'],
    ['docker.io/library/alpine:latest', 'alpine-working-container'],
    ['localhost:5000/a/b:1', 'b-working-container'],
    [`quay.io/x/y@sha256:${id}`, 'y-working-container'],
    [`sha256:${id}`, '578ce2fadb9b-working-container'],
    [id, '578ce2fadb9b-working-container'],
  ] as const) {
    assert.equal(workingContainerName(image, none), name, image);
  }
});

test('the first free number is taken', () => {
  const taken = new Set(['bb-working-container', 'bb-working-container-1', 'bb-working-container-3']);
  assert.equal(workingContainerName('bb', taken), 'bb-working-container-2');
});

test('of several stored names the one that was asked for counts', () => {
  const names = ['localhost/other:1', 'localhost/bb:latest'];
  assert.equal(storedName(names, 'bb'), 'localhost/bb:latest');
  assert.equal(storedName(names, '578ce2fadb9b'), 'localhost/other:1');
  assert.equal(storedName([], 'bb'), '');
});
