import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type TestContext, test } from 'node:test';
import { findCredentials } from './auth.ts';
import { removeCredentials, storeCredentials } from './auth-store.ts';

function scratch(t: TestContext): string {
  const directory = mkdtempSync(`${tmpdir()}/lighter-auth-`);
  t.after(() => rmSync(directory, { recursive: true }));
  return directory;
}

const auth = (user: string, password = 'secret') => ({ auth: Buffer.from(`${user}:${password}`).toString('base64') });

function written(t: TestContext, file: object): string {
  const path = `${scratch(t)}/auth.json`;
  writeFileSync(path, JSON.stringify(file));
  return path;
}

test('a repository’s own entry goes before its namespaces’ and its registry’s', async (t) => {
  const authFile = written(t, {
    auths: {
      'r.example': auth('host'),
      'r.example/team': auth('team'),
      'r.example/team/app': auth('app'),
      'https://index.docker.io/v1/': auth('hub'),
      'http://old.example/v2/': auth('old'),
    },
  });
  const user = async (name: string) => (await findCredentials(name, { authFile }))?.username;
  assert.equal(await user('r.example/team/app'), 'app');
  assert.equal(await user('r.example/team/other'), 'team');
  assert.equal(await user('r.example/team'), 'team');
  assert.equal(await user('r.example/else'), 'host');
  assert.equal(await user('docker.io/library/busybox'), 'hub');
  assert.equal(await user('old.example/x'), 'old');
  assert.equal(await user('unknown.example/x'), undefined);
});

test('files in their order, broken ones told', async (t) => {
  const home = scratch(t);
  const env = { HOME: home, XDG_RUNTIME_DIR: `${home}/run` };
  const put = (path: string, file: object) => {
    mkdirSync(`${home}/${path}`.replace(/\/[^/]*$/, ''), { recursive: true });
    writeFileSync(`${home}/${path}`, JSON.stringify(file));
  };
  const user = async (name: string) => (await findCredentials(name, { env }))?.username;
  put('.dockercfg', { 'legacy.example': auth('legacy') });
  assert.equal(await user('legacy.example/x'), 'legacy');
  put('.docker/config.json', { auths: { 'r.example': auth('docker') } });
  assert.equal(await user('r.example/x'), 'docker');
  put('.config/containers/auth.json', { auths: { 'r.example': auth('config') } });
  assert.equal(await user('r.example/x'), 'config');
  put('run/containers/auth.json', { auths: { 'r.example': auth('runtime') } });
  assert.equal(await user('r.example/x'), 'runtime');
  writeFileSync(`${home}/run/containers/auth.json`, '{"auths": ');
  await assert.rejects(user('r.example/x'), /can't be read as an auth file/);
});

test('passwords may hold colons, and end with zeros that Windows puts there', async (t) => {
  const authFile = written(t, { auths: { 'r.example': auth('user', 'a:b\0\0'), 'empty.example': { auth: '' } } });
  assert.deepEqual(await findCredentials('r.example/x', { authFile }), { username: 'user', password: 'a:b' });
  assert.equal(await findCredentials('empty.example/x', { authFile }), undefined);
});

test('keys that name no place are refused', async (t) => {
  const authFile = `${scratch(t)}/auth.json`;
  const credentials = { username: 'a', password: 'b' };
  for (const [key, problem] of [
    ['https://r.example', /contains http\[s\]:\/\/ prefix/],
    ['r.example/x@sha256', /contains a '@'/],
    ['r.example/x:tag', /contains a ':' character after host/],
  ] as const) {
    await assert.rejects(storeCredentials(key, credentials, { authFile }), problem);
    await assert.rejects(removeCredentials(key, { authFile }), problem);
  }
  await storeCredentials('r.example:5000/x', credentials, { authFile });
  assert.equal(await removeCredentials('r.example:5000/y', { authFile }), false);
  assert.equal(await removeCredentials('r.example:5000/x', { authFile }), true);
});
