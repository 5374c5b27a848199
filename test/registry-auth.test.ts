/** Registries that ask who we are: tokens, passwords, certificates, and what they must not be told. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { copyImage } from '@lighter/image/copy/copy-image';
import { parseImageName } from '@lighter/image/parse';
import { fetchToken } from '@lighter/image/registry/token';
import type { ImageContext } from '@lighter/image/types';
import { type Registry, startRegistry } from './support/registry.ts';
import { makeSample, pushSample, type Sample } from './support/sample-image.ts';
import { scratch } from './support/scratch.ts';
import { peerSkopeo, skopeo } from './support/skopeo.ts';
import { startTokenRegistry, tokenFor } from './support/token-registry.ts';

const cleaners: (() => Promise<void> | void)[] = [];
const context = { after: (action: () => Promise<void> | void) => void cleaners.unshift(action) };
const directory = scratch(context, 'registry-auth');
let registry: Registry;
let sample: Sample;

before(async () => {
  registry = await startRegistry(context as never);
  sample = await makeSample(`${directory}/sample`);
  await pushSample(sample, `${registry.host}/sample:1`);
});
after(async () => {
  for (const clean of cleaners) await clean();
});

let count = 0;
const policy = { default: [{ type: 'insecureAcceptAnything' }], transports: {}, file: undefined };

async function copy(from: string, to: string, more: ImageContext = {}): Promise<void> {
  await copyImage(await parseImageName(from), await parseImageName(to), {
    policy,
    context: { tlsVerify: false, authFile: `${directory}/no-auth.json`, ...more },
  });
}

const place = () => `dir:${directory}/place-${++count}`;

describe('tokens', () => {
  test('one for reading, one for writing, with name and password only where both are known', async (t) => {
    const front = await startTokenRegistry(t, registry.host);
    await copy(`docker://${front.host}/sample:1`, place());
    const [read] = front.tokenRequests;
    assert.equal(front.tokenRequests.length, 1, 'it is kept');
    assert.deepEqual(read?.query.getAll('scope'), ['repository:sample:pull']);
    assert.equal(read?.query.get('service'), 'test, "quoted"');
    assert.equal(read?.authorization, undefined);
    const credentials = { username: 'somebody', password: 'secret' };
    await copy(`oci:${sample.layout}`, `docker://${front.host}/written:1`, { credentials });
    const write = front.tokenRequests[1];
    assert.deepEqual(write?.query.getAll('scope'), ['repository:written:pull,push']);
    assert.equal(write?.query.get('account'), 'somebody');
    assert.equal(write?.authorization, `Basic ${Buffer.from('somebody:secret').toString('base64')}`);
  });

  test('an identity token is traded for one', async (t) => {
    const front = await startTokenRegistry(t, registry.host);
    const authFile = `${directory}/identity.json`;
    writeFileSync(authFile, JSON.stringify({ auths: { [front.host]: { identitytoken: 'refresh me' } } }));
    await copy(`docker://${front.host}/sample:1`, place(), { authFile });
    const [request] = front.tokenRequests;
    assert.equal(request?.method, 'POST');
    assert.deepEqual(Object.fromEntries(request?.form ?? []), {
      grant_type: 'refresh_token',
      refresh_token: 'refresh me',
      client_id: 'containers/image',
      service: 'test, "quoted"',
      scope: 'repository:sample:pull',
    });
  });

  test('a token that is not enough is asked for again with what is missing', async (t) => {
    const front = await startTokenRegistry(t, registry.host, {
      isEnough: (scopes) => (scopes.includes('repository:base:pull') ? undefined : 'repository:base:pull'),
    });
    await copy(`docker://${front.host}/sample:1`, place());
    assert.ok(front.tokenRequests.some(({ query }) => query.getAll('scope').includes('repository:base:pull')));
  });

  test('a token lives a minute at least, whatever the server says', async (t) => {
    const front = await startTokenRegistry(t, registry.host, {
      answer: (request, response) => response.end(JSON.stringify({ access_token: tokenFor(request), expires_in: 1 })),
    });
    await copy(`docker://${front.host}/sample:1`, place());
    assert.equal(front.tokenRequests.length, 1);
  });

  test('one given on the command line is used as it is', async (t) => {
    const front = await startTokenRegistry(t, registry.host);
    await copy(`docker://${front.host}/sample:1`, place(), { registryToken: Buffer.from('mine').toString('base64') });
    assert.equal(front.tokenRequests.length, 0);
  });

  test('servers that answer nonsense, or without end', async (t) => {
    const answers: readonly (readonly [string | Buffer, number, RegExp])[] = [
      ['no JSON', 200, /isn't JSON/],
      ['{}', 200, /holds no token/],
      [JSON.stringify({ token: 'a\r\nx-injected: 1' }), 200, /holds no token/],
      ['', 401, /invalid username\/password/],
      [Buffer.alloc(2 * 1024 * 1024, 32), 200, /exceeds the maximum allowed size of 1048576 bytes/],
    ];
    for (const [body, status, text] of answers) {
      const front = await startTokenRegistry(t, registry.host, {
        answer: (_, response) => response.writeHead(status).end(body),
      });
      await assert.rejects(copy(`docker://${front.host}/sample:1`, place()), text);
    }
  });

  test('credentials are not sent without TLS where the registry has it', async () => {
    const challenge = { scheme: 'bearer', parameters: { realm: 'http://127.0.0.1:1/token' } };
    const options = { tls: {}, secure: true, userAgent: 'test' };
    await assert.rejects(fetchToken(challenge, [], { username: 'a', password: 'b' }, options), /without TLS/);
  });
});

test('a password on the command line, a wrong one, and none', async (t) => {
  const asking = await startRegistry(t, { basic: { username: 'somebody', password: 'secret' } });
  const name = `docker://${asking.host}/x:1`;
  const push = (...flags: string[]) => ['copy', '--dest-tls-verify=false', ...flags, `oci:${sample.layout}`, name];
  assert.equal((await skopeo(push('--dest-creds', 'somebody:secret'))).code, 0);
  assert.equal((await skopeo(push('--dest-username', 'somebody', '--dest-password', 'secret'))).code, 0);
  for (const flags of [['--dest-creds', 'somebody:wrong'], ['--dest-no-creds'], []]) {
    const [ours, theirs] = await Promise.all([skopeo(push(...flags)), peerSkopeo(push(...flags))]);
    assert.deepEqual([ours.code, theirs.code], [1, 1]);
    assert.match(ours.stderr, /unauthorized|authentication required/);
    assert.doesNotMatch(ours.stderr, /wrong/);
  }
  for (const flags of [
    ['--dest-creds', 'a:b', '--dest-no-creds'],
    ['--dest-creds', 'a:b', '--dest-username', 'a'],
    ['--dest-username', 'a'],
    ['--dest-password', 'a'],
  ]) {
    const { code, stderr } = await skopeo(push(...flags));
    assert.equal(code, 1);
    assert.match(stderr, /cannot be specified at the same time|must be specified when/);
  }
});

describe('TLS', () => {
  test('an authority of one’s own by --cert-dir; without it the server isn’t trusted', async (t) => {
    const tls = await startRegistry(t, { tls: true });
    const certificates = `${directory}/certs`;
    mkdirSync(certificates);
    copyFileSync(tls.authority ?? '', `${certificates}/ca.crt`);
    const name = `docker://${tls.host}/x:1`;
    const pushed = await skopeo(['copy', '--dest-cert-dir', certificates, `oci:${sample.layout}`, name]);
    assert.equal(pushed.code, 0, pushed.stderr);
    const pulled = await skopeo(['copy', '--src-cert-dir', certificates, name, `dir:${directory}/tls`]);
    assert.equal(pulled.code, 0, pulled.stderr);
    const unknown = await skopeo(['copy', name, `dir:${directory}/untrusted`]);
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /certificate/);
    const careless = await skopeo(['inspect', '--raw', '--tls-verify=false', name]);
    assert.equal(careless.code, 0, careless.stderr);
  });

  test('a client certificate', async (t) => {
    const tls = await startRegistry(t, { tls: true, clientCertificates: true });
    const certificates = `${directory}/client`;
    mkdirSync(certificates);
    copyFileSync(tls.authority ?? '', `${certificates}/ca.crt`);
    const name = `docker://${tls.host}/x:1`;
    const push = () => skopeo(['copy', '--dest-cert-dir', certificates, `oci:${sample.layout}`, name]);
    assert.equal((await push()).code, 1, 'without one');
    copyFileSync(tls.client?.certificate ?? '', `${certificates}/client.cert`);
    assert.match((await push()).stderr, /missing key client\.key for client certificate client\.cert/);
    copyFileSync(tls.client?.key ?? '', `${certificates}/client.key`);
    const pushed = await push();
    assert.equal(pushed.code, 0, pushed.stderr);
    const pulled = await skopeo(['copy', '--src-cert-dir', certificates, name, `oci:${directory}/client-tls:x`]);
    assert.equal(pulled.code, 0, pulled.stderr);
  });

  test('a registry without TLS is only spoken to on demand', async () => {
    const { code, stderr } = await skopeo(['inspect', `docker://${registry.host}/sample:1`]);
    assert.equal(code, 1);
    assert.match(stderr, /plain HTTP/);
  });
});
