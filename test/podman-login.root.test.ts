/** podman login and logout: credentials that pull and push then use, in the file that the other tools share. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { ours, peer, run } from './support/command.ts';
import { storeFlags, storeIn } from './support/peers.ts';
import { startRegistry } from './support/registry.ts';
import { makeSample } from './support/sample-image.ts';
import { scratch } from './support/scratch.ts';

test('login, push and pull with what it kept, logout', async (t) => {
  const directory = scratch(t, 'login');
  const store = storeFlags(storeIn(directory));
  const basic = { username: 'somebody', password: 'pass:word' };
  const { host } = await startRegistry(t, { basic });
  const { layout } = await makeSample(`${directory}/image`);
  const authfile = ['--authfile', `${directory}/auth.json`];
  const podman = (...args: string[]) => run(ours('podman'), [...store, ...args], { input: `${basic.password}\n` });

  const wrong = await run(ours('podman'), [
    ...store,
    'login',
    ...authfile,
    '--tls-verify=false',
    '-u',
    'x',
    '-p',
    'y',
    host,
  ]);
  assert.equal(wrong.code, 125);
  assert.match(wrong.stderr, /invalid username\/password/);
  const flags = [...authfile, '--tls-verify=false', '-u', basic.username, '--password-stdin'];
  assert.equal((await podman('login', ...flags, host)).stdout, 'Login Succeeded!\n');
  assert.equal((await podman('login', ...authfile, '--get-login', host)).stdout, `${basic.username}\n`);
  const theirs = await run(peer('podman'), ['login', ...authfile, '--get-login', host]);
  assert.equal(theirs.stdout, `${basic.username}\n`);

  assert.equal((await podman('pull', '-q', `oci:${layout}`)).code, 0);
  const id = (await podman('images', '-q')).stdout.trim();
  const target = `docker://${host}/a/b:1`;
  const refused = await podman('push', '-q', '--tls-verify=false', '--authfile', emptyFile(directory), id, target);
  assert.equal(refused.code, 125);
  const pushed = await podman('push', '-q', '--tls-verify=false', ...authfile, id, target);
  assert.equal(pushed.code, 0, pushed.stderr);
  assert.equal((await podman('pull', '-q', '--tls-verify=false', ...authfile, `${host}/a/b:1`)).code, 0);

  assert.equal((await podman('logout', ...authfile, host)).stdout, `Removed login credentials for ${host}\n`);
  assert.deepEqual(JSON.parse(readFileSync(`${directory}/auth.json`, 'utf8')), { auths: {} });
  assert.equal((await podman('login', ...authfile, '--get-login', host)).code, 125);
});

function emptyFile(directory: string): string {
  writeFileSync(`${directory}/empty.json`, '{}');
  return `${directory}/empty.json`;
}
