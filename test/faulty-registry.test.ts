/** Copies over bad networks and from hostile registries: they end right or fail clearly, and leave nothing half there. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, type TestContext, test } from 'node:test';
import { copyImage } from '@lighter/image/copy/copy-image';
import type { ImageError } from '@lighter/image/errors';
import { parseImageName } from '@lighter/image/parse';
import { must, peer } from './support/command.ts';
import { type Fault, type SeenRequest, startFaultyProxy } from './support/faulty-proxy.ts';
import { type Registry, startRegistry } from './support/registry.ts';
import { makeSample, pushSample, type Sample } from './support/sample-image.ts';
import { makeIndex } from './support/sample-index.ts';
import { scratch } from './support/scratch.ts';
import { skopeo } from './support/skopeo.ts';

const cleaners: (() => Promise<void> | void)[] = [];
const context = { after: (action: () => Promise<void> | void) => void cleaners.unshift(action) };
const directory = scratch(context, 'faulty-registry');
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
const isBlob = ({ method, url }: SeenRequest) => method === 'GET' && /\/blobs\/sha256:/.test(url);
const isManifest = ({ method, url }: SeenRequest) => method === 'GET' && /\/manifests\//.test(url);
const policy = { default: [{ type: 'insecureAcceptAnything' }], transports: {}, file: undefined };

/** Copies the sample through a proxy into a new folder. */
async function pull(t: TestContext, fault: (request: SeenRequest, before: number) => Fault | undefined) {
  const proxy = await startFaultyProxy(t, registry.host, fault);
  const place = `${directory}/pulled-${++count}`;
  const copied = copyImage(
    await parseImageName(`docker://${proxy.host}/sample:1`),
    await parseImageName(`dir:${place}`),
    {
      policy,
      context: { tlsVerify: false },
    },
  );
  return { copied, place, requests: proxy.requests };
}

function assertWhole(place: string): void {
  const digest = `sha256:${createHash('sha256')
    .update(readFileSync(`${place}/manifest.json`))
    .digest('hex')}`;
  assert.equal(digest, sample.manifestDigest);
  for (const name of readdirSync(place).filter((one) => /^[0-9a-f]{64}$/.test(one)))
    assert.equal(
      createHash('sha256')
        .update(readFileSync(`${place}/${name}`))
        .digest('hex'),
      name,
    );
}

describe('what passes is repeated', () => {
  const cases: Readonly<Record<string, (request: SeenRequest, before: number) => Fault | undefined>> = {
    'a connection that breaks off in a blob': (seen, n) => (isBlob(seen) && n === 0 ? { dropAfter: 300 } : undefined),
    'a blob that is cut as if it were whole': (seen, n) => (isBlob(seen) && n === 0 ? { truncateTo: 100 } : undefined),
    'a registry that is too busy for blobs': (seen, n) =>
      isBlob(seen) && n === 0 ? { status: 429, headers: { 'retry-after': '1' } } : undefined,
    'a registry that is too busy for manifests': (seen, n) =>
      isManifest(seen) && n < 2 ? { status: 429, headers: { 'retry-after': '0' } } : undefined,
    'a gateway without a registry behind it': (seen, n) =>
      (isManifest(seen) || isBlob(seen)) && n === 0 ? { status: 503 } : undefined,
  };
  for (const [title, fault] of Object.entries(cases)) {
    test(title, async (t) => {
      const { copied, place } = await pull(t, fault);
      await copied;
      assertWhole(place);
    });
  }

  test('the rest of a blob is asked for, not all of it', async (t) => {
    const { copied, requests } = await pull(t, (seen, n) =>
      isBlob(seen) && n === 0 ? { dropAfter: 200_000 } : undefined,
    );
    await copied;
    const ranges = requests.filter(isBlob).map(({ headers }) => headers.range);
    assert.ok(
      ranges.some((range) => range !== undefined && /^bytes=[1-9]\d*-$/.test(range)),
      ranges.join(),
    );
  });
});

describe('what does not pass is told, and nothing is left', () => {
  const cases: Readonly<Record<string, readonly [(request: SeenRequest) => Fault | undefined, RegExp]>> = {
    'a blob with a wrong byte': [(seen) => (isBlob(seen) ? { corruptAt: 50 } : undefined), /Digest did not match/],
    'a manifest with a wrong byte': [(seen) => (isManifest(seen) ? { corruptAt: 0 } : undefined), /JSON|manifest/i],
    'a registry that stays broken': [(seen) => (isManifest(seen) ? { status: 500 } : undefined), /status.* 500/],
    'an answer without end': [
      (seen) => (isManifest(seen) ? { status: 200, body: Buffer.alloc(5 * 1024 * 1024, 32) } : undefined),
      /exceeds the maximum/,
    ],
    'a manifest that says to be two things': [
      (seen) =>
        isManifest(seen)
          ? {
              status: 200,
              headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
              body: '{"schemaVersion":2,"config":{},"layers":[],"manifests":[]}',
            }
          : undefined,
      /ambiguous/,
    ],
    'digests that are paths': [
      (seen) =>
        isManifest(seen)
          ? {
              status: 200,
              headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
              body: JSON.stringify({
                schemaVersion: 2,
                config: { mediaType: 'x', digest: 'sha256:../../../../etc/passwd', size: 1 },
                layers: [],
              }),
            }
          : undefined,
      /invalid digest/,
    ],
    'redirects without end': [
      (seen) => (isManifest(seen) ? { status: 307, headers: { location: seen.url } } : undefined),
      /redirects/,
    ],
  };
  for (const [title, [fault, text]] of Object.entries(cases)) {
    test(title, async (t) => {
      const { copied, place } = await pull(t, fault);
      await assert.rejects(copied, text);
      assert.ok(!existsSync(place), 'no folder is left');
    });
  }

  test('a list that names itself', async (t) => {
    const body = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [],
    });
    const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
    const outer = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [
        {
          mediaType: 'application/vnd.oci.image.index.v1+json',
          digest,
          size: body.length,
          platform: { os: 'linux', architecture: process.arch === 'arm64' ? 'arm64' : 'amd64' },
        },
      ],
    });
    const headers = { 'content-type': 'application/vnd.oci.image.index.v1+json' };
    const { copied } = await pull(t, (seen) =>
      isManifest(seen) ? { status: 200, headers, body: seen.url.endsWith(digest) ? body : outer } : undefined,
    );
    await assert.rejects(copied, /manifest list instead of a manifest for a single image/);
  });
});

test('an upload that breaks off is begun anew', async (t) => {
  const isPatch = ({ method }: SeenRequest) => method === 'PATCH';
  let broken = 0;
  const proxy = await startFaultyProxy(t, registry.host, (seen) =>
    isPatch(seen) && broken++ === 0 ? { dropUploadAfter: 10 } : undefined,
  );
  const to = `docker://${proxy.host}/pushed:1`;
  await copyImage(await parseImageName(`oci:${sample.layout}`), await parseImageName(to), {
    policy,
    context: { tlsVerify: false },
  });
  assert.ok(broken > 1);
  const digest = await must(peer('skopeo'), [
    'inspect',
    '--tls-verify=false',
    '--format',
    '{{.Digest}}',
    `docker://${registry.host}/pushed:1`,
  ]);
  assert.equal(digest, sample.manifestDigest);
});

test('a registry that takes no OCI manifests gets Docker’s', async (t) => {
  const proxy = await startFaultyProxy(t, registry.host, ({ method, url, headers }) =>
    method === 'PUT' && /\/manifests\//.test(url) && headers['content-type']?.includes('oci')
      ? { status: 400, body: JSON.stringify({ errors: [{ code: 'MANIFEST_INVALID', message: 'manifest invalid' }] }) }
      : undefined,
  );
  const copy = async (flags: { preserveDigests?: boolean }) =>
    copyImage(
      await parseImageName(`oci:${sample.layout}`),
      await parseImageName(`docker://${proxy.host}/converted:1`),
      {
        policy,
        context: { tlsVerify: false },
        ...flags,
      },
    );
  assert.equal((await copy({})).mediaType, 'application/vnd.docker.distribution.manifest.v2+json');
  await assert.rejects(copy({ preserveDigests: true }), /we cannot try conversions: "Instructed to preserve digests"/);
});

test('credentials stay with the registry: not at the storage it redirects to, not at mirrors', async (t) => {
  const storage = await startFaultyProxy(t, registry.host, () => undefined);
  const asked: SeenRequest[] = [];
  const front = createServer((request, response) => {
    asked.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
    if (request.headers.authorization === undefined) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
      return;
    }
    if (request.url === '/v2/') response.writeHead(200).end();
    else response.writeHead(307, { location: `http://${storage.host}${request.url}` }).end();
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  t.after(() => front.close());
  const host = `127.0.0.1:${(front.address() as AddressInfo).port}`;
  await copyImage(
    await parseImageName(`docker://${host}/sample:1`),
    await parseImageName(`dir:${directory}/redirected`),
    { policy, context: { tlsVerify: false, credentials: { username: 'a', password: 'b' } } },
  );
  assertWhole(`${directory}/redirected`);
  assert.ok(asked.some(({ headers }) => headers.authorization?.startsWith('Basic ')));
  assert.ok(storage.requests.length > 2);
  assert.ok(storage.requests.every(({ headers }) => headers.authorization === undefined));
});

test('a layer that its maker keeps is asked of the maker, without credentials, and stays there where it can', async (t) => {
  const layout = `${directory}/foreign`;
  cpSync(`${directory}/sample`, layout, { recursive: true });
  const index = JSON.parse(readFileSync(`${layout}/index.json`, 'utf8'));
  const blob = (digest: string) => `${layout}/blobs/sha256/${digest.slice(7)}`;
  const manifest = JSON.parse(readFileSync(blob(index.manifests[0].digest), 'utf8'));
  const [layer] = manifest.layers;
  const asked: SeenRequest[] = [];
  let serving = true;
  const maker = createServer((request, response) => {
    asked.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
    if (serving) response.end(readFileSync(blob(layer.digest)));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => maker.listen(0, '127.0.0.1', resolve));
  t.after(() => maker.close());
  layer.mediaType = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip';
  layer.urls = [`http://127.0.0.1:${(maker.address() as AddressInfo).port}/layer`];
  const bytes = Buffer.from(JSON.stringify(manifest));
  const hex = createHash('sha256').update(bytes).digest('hex');
  writeFileSync(`${layout}/blobs/sha256/${hex}`, bytes);
  index.manifests[0] = { ...index.manifests[0], digest: `sha256:${hex}`, size: bytes.length };
  writeFileSync(`${layout}/index.json`, JSON.stringify(index));

  const asking = await startRegistry(t, { basic: { username: 'a', password: 'b' } });
  const options = { policy, context: { tlsVerify: false, credentials: { username: 'a', password: 'b' } } };
  const name = await parseImageName(`docker://${asking.host}/foreign:1`);
  assert.equal((await copyImage(await parseImageName(`oci:${layout}`), name, options)).digest, `sha256:${hex}`);
  assert.equal(asked.length, 0, 'neither downloaded nor uploaded');
  await copyImage(name, await parseImageName(`dir:${directory}/foreign-copy`), options);
  assert.equal(asked.length, 1);
  assert.equal(asked[0]?.headers.authorization, undefined);
  assert.ok(existsSync(`${directory}/foreign-copy/${layer.digest.slice(7)}`));
  serving = false;
  const place = `${directory}/foreign-gone`;
  await assert.rejects(copyImage(name, await parseImageName(`dir:${place}`), options), /HTTP status 404/);
  assert.ok(!existsSync(place));
});

test('a proxy from the environment leads to registries elsewhere, never to this machine', async (t) => {
  const asked: string[] = [];
  const proxy = createServer((incoming, outgoing) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    const { pathname, search } = new URL(incoming.url ?? '');
    const [hostname, port] = registry.host.split(':');
    const onward = request({ hostname, port, path: pathname + search, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.end();
  });
  proxy.on('connect', (incoming, socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    socket.on('error', () => {}); // the client may be gone
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const env = { HTTP_PROXY: address, HTTPS_PROXY: address, NO_PROXY: 'direct.invalid' };
  const copy = (from: string, place: string) =>
    skopeo(['copy', '--src-tls-verify=false', `docker://${from}`, `dir:${directory}/${place}`], { env });
  const elsewhere = await copy('elsewhere.invalid/sample:1', 'proxied');
  assert.equal(elsewhere.code, 0, elsewhere.stderr);
  assertWhole(`${directory}/proxied`);
  assert.deepEqual(asked.slice(0, 2), ['CONNECT elsewhere.invalid:443', 'GET http://elsewhere.invalid/v2/']);
  assert.ok(asked.some((line) => /^GET http:\/\/elsewhere\.invalid\/v2\/sample\/blobs\//.test(line)));
  asked.length = 0;
  assert.equal((await copy(`${registry.host}/sample:1`, 'local')).code, 0);
  assert.equal((await copy('direct.invalid/sample:1', 'direct')).code, 1);
  assert.deepEqual(asked, []);
});

test('a time-out ends a command', async (t) => {
  const proxy = await startFaultyProxy(t, registry.host, (seen) => (isBlob(seen) ? { delay: 60_000 } : undefined));
  const place = `${directory}/late`;
  const args = ['--command-timeout', '1s', 'copy', '--src-tls-verify=false', `docker://${proxy.host}/sample:1`];
  const { code, stderr } = await skopeo([...args, `dir:${place}`], { timeout: 20_000 });
  assert.equal(code, 1);
  assert.match(stderr, /context deadline exceeded/);
  assert.ok(!existsSync(place));
});

describe('registries.conf', () => {
  const configure = (name: string, text: string) => {
    const path = `${directory}/${name}.conf`;
    writeFileSync(path, text);
    return { env: { CONTAINERS_REGISTRIES_CONF: path } };
  };

  test('mirrors in order, blocked registries by their mirrors only, wildcards, names in other places', async () => {
    const options = configure(
      'mirrors',
      `[[registry]]
prefix = "blocked.example"
location = "blocked.example"
blocked = true
[[registry.mirror]]
location = "127.0.0.1:1"
insecure = true
[[registry.mirror]]
location = "${registry.host}"
insecure = true
[[registry]]
prefix = "rewritten.example/team"
location = "${registry.host}"
insecure = true
[[registry]]
prefix = "*.wild.example"
location = "${registry.host}"
insecure = true
[[registry]]
location = "${registry.host}"
insecure = true
`,
    );
    for (const name of ['blocked.example/sample:1', 'rewritten.example/team/sample:1', 'a.b.wild.example/sample:1']) {
      const { code, stdout, stderr } = await skopeo(['inspect', '--raw', `docker://${name}`], options);
      assert.equal(code, 0, stderr);
      assert.equal(`sha256:${createHash('sha256').update(stdout).digest('hex')}`, sample.manifestDigest);
    }
    const missing = await skopeo(['inspect', '--raw', 'docker://blocked.example/absent:1'], options);
    assert.match(missing.stderr, /Mirrors also failed.*registry blocked\.example is blocked in/);
    const pushed = await skopeo(['copy', `oci:${sample.layout}`, 'docker://blocked.example/sample:2'], options);
    assert.match(pushed.stderr, /registry blocked\.example is blocked in/);
  });

  test('mirrors for digests only and for tags only', async (t) => {
    const [digests, tags] = [
      await startFaultyProxy(t, registry.host, () => undefined),
      await startFaultyProxy(t, registry.host, () => undefined),
    ];
    const options = configure(
      'pull-from-mirror',
      `[[registry]]
location = "${registry.host}"
insecure = true
[[registry.mirror]]
location = "${digests.host}"
insecure = true
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "${tags.host}"
insecure = true
pull-from-mirror = "tag-only"
`,
    );
    const inspect = (name: string) => skopeo(['inspect', '--raw', `docker://${registry.host}/${name}`], options);
    assert.equal((await inspect('sample:1')).code, 0);
    assert.deepEqual([digests.requests.filter(isManifest).length, tags.requests.filter(isManifest).length], [0, 1]);
    assert.equal((await inspect(`sample@${sample.manifestDigest}`)).code, 0);
    assert.deepEqual([digests.requests.filter(isManifest).length, tags.requests.filter(isManifest).length], [1, 1]);
  });
});

test('layers go from one repository to another without being sent', async (t) => {
  const proxy = await startFaultyProxy(t, registry.host, () => undefined);
  await copyImage(
    await parseImageName(`docker://${proxy.host}/sample:1`),
    await parseImageName(`docker://${proxy.host}/mounted/sample:1`),
    { policy, context: { tlsVerify: false } },
  );
  const methods = proxy.requests.map(({ method }) => method);
  assert.ok(!methods.includes('PATCH'), 'nothing is uploaded');
  assert.equal(proxy.requests.filter(isBlob).length, 0, 'nothing is downloaded');
  assert.equal(proxy.requests.filter(({ url }) => /mount=.*from=sample/.test(url)).length, 2);
});

test('the platforms of a list reach a registry byte for byte, and are deleted with it', async () => {
  const index = await makeIndex(`${directory}/index`);
  const name = `docker://${registry.host}/list:1`;
  const copied = await skopeo(['copy', '--all', '--dest-tls-verify=false', `oci:${index.layout}`, name]);
  assert.equal(copied.code, 0, copied.stderr);
  const raw = await skopeo(['inspect', '--raw', '--tls-verify=false', name]);
  assert.equal(`sha256:${createHash('sha256').update(raw.stdout).digest('hex')}`, index.digest);
  const tags = await skopeo(['list-tags', '--tls-verify=false', `docker://${registry.host}/list`]);
  assert.deepEqual(JSON.parse(tags.stdout), { Repository: `${registry.host}/list`, Tags: ['1'] });
  assert.equal((await skopeo(['delete', '--tls-verify=false', name])).code, 0);
  const gone = await skopeo(['delete', '--tls-verify=false', name]);
  assert.match(gone.stderr, /Unable to delete .* Image may not exist/);
});

test('an interrupted copy leaves nothing', async (t) => {
  const abort = new AbortController();
  const proxy = await startFaultyProxy(t, registry.host, (seen) => {
    if (!isBlob(seen)) return undefined;
    setTimeout(() => abort.abort(new Error('enough')), 20);
    return { delay: 5000 };
  });
  const place = `${directory}/interrupted`;
  const copied = copyImage(
    await parseImageName(`docker://${proxy.host}/sample:1`),
    await parseImageName(`dir:${place}`),
    {
      policy,
      context: { tlsVerify: false },
      signal: abort.signal,
    },
  );
  await assert.rejects(copied, (error: ImageError) => error.message === 'enough');
  assert.ok(!existsSync(place));
});
