import assert from 'node:assert/strict';
import { test } from 'node:test';
import { familiarName, formatReference, hasDomain, parseReference, withDefaultTag } from './reference.ts';

const digest = `sha256:${'a'.repeat(64)}`;

test('names are normalised as docker does', () => {
  const cases: Record<string, string> = {
    busybox: 'docker.io/library/busybox',
    'busybox:1.36': 'docker.io/library/busybox:1.36',
    'user/name': 'docker.io/user/name',
    'index.docker.io/name': 'docker.io/library/name',
    'localhost/name:x': 'localhost/name:x',
    'localhost:5000/name': 'localhost:5000/name',
    'registry.example:5000/a/b_c/d--e:T': 'registry.example:5000/a/b_c/d--e:T',
    '[::1]:5000/name:1': '[::1]:5000/name:1',
    [`name@${digest}`]: `docker.io/library/name@${digest}`,
    [`name:tag@${digest}`]: `docker.io/library/name:tag@${digest}`,
  };
  for (const [text, normalised] of Object.entries(cases))
    assert.equal(formatReference(parseReference(text)), normalised, text);
});

test('what is no reference is refused', () => {
  for (const text of [
    '',
    'Name',
    'a//b',
    '-a',
    'a:',
    'a:-tag',
    'a@sha256:abc',
    'a/../b',
    'a b',
    `${'a'.repeat(64)}`,
    'x'.repeat(256),
    'reg.io/A',
    `a:${'t'.repeat(129)}`,
    'a@md5:00000000000000000000000000000000',
  ]) {
    assert.throws(() => parseReference(text), { code: 'REFERENCE_INVALID' }, text);
  }
});

test('familiar names and default tags', () => {
  assert.equal(familiarName(parseReference('docker.io/library/busybox:1')), 'busybox:1');
  assert.equal(familiarName(parseReference('docker.io/user/name')), 'user/name');
  assert.equal(familiarName(parseReference('quay.io/library/name')), 'quay.io/library/name');
  assert.equal(formatReference(withDefaultTag(parseReference('a/b'))), 'docker.io/a/b:latest');
  assert.equal(hasDomain('quay.io/x'), true);
  assert.equal(hasDomain('user/x'), false);
  assert.equal(hasDomain('busybox'), false);
});
