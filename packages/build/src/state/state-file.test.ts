import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { initialState } from './initial-state.ts';
import { parseState, readState, serializeState, writeState } from './state-file.ts';

const state = initialState({
  containerId: 'c'.repeat(64),
  containerName: 'w',
  format: 'oci',
  rootless: false,
  now: new Date(0),
});

test('keys of other versions stay as they are', () => {
  const text = serializeState({ ...state, FutureKey: { a: [1, '<'] } });
  const again = serializeState(parseState(text, 'test'));
  assert.equal(again, text);
  assert.match(again, /"FutureKey":\{"a":\[1,"\\u003c"\]\}/);
});

test('both of Docker’s configurations are written alike', () => {
  const parsed = parseState(serializeState(state), 'test');
  parsed.docker.container_config.User = 'app';
  const json = JSON.parse(serializeState(parsed));
  assert.equal(json.docker.config.User, 'app');
  assert.equal(json.docker.container_config.User, 'app');
});

test('other kinds of state are refused', () => {
  assert.throws(() => parseState('{"type":"buildah 0.0.2"}', 'x'), { code: 'NOT_A_BUILDER' });
  assert.throws(() => parseState('null', 'x'), { code: 'NOT_A_BUILDER' });
  assert.throws(() => parseState('{', 'x'), { code: 'STATE_INVALID' });
});

test('the file is private, and absent where there is none', (t) => {
  const directory = mkdtempSync('/dev/shm/lighter-build-state-');
  t.after(() => rmSync(directory, { recursive: true }));
  assert.equal(readState(directory), undefined);
  writeFileSync(`${directory}/buildah.json`, 'old', { mode: 0o644 });
  writeState(directory, state);
  assert.equal(statSync(`${directory}/buildah.json`).mode & 0o777, 0o600);
  assert.equal(readFileSync(`${directory}/buildah.json`, 'utf8'), serializeState(state));
});
