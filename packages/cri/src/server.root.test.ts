/** The server over its socket, with a gRPC client and a real store. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { create, type DescMethod, type DescService, type MessageInitShape } from '@bufbuild/protobuf';
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { type Digest, sha256Digest } from '@lighter/spec/digest';
import { openStore } from '@lighter/storage/open';
import type { Store } from '@lighter/storage/store-types';
import type { CriContext } from './context.ts';
import { CgroupDriver, ImageService, RuntimeService } from './generated/runtime_pb.ts';
import { type ServerOptions, startServer } from './server.ts';
import { serviceDefinition } from './service-definition.ts';

interface Served {
  readonly store: Store;
  readonly path: string;
  readonly directory: string;
  readonly context: CriContext;
  readonly options: ServerOptions;
  readonly errors: string[];
  stop(): Promise<void>;
}

async function serve(
  t: TestContext,
  change: Partial<CriContext> = {},
  options: Partial<ServerOptions> = {},
): Promise<Served> {
  const directory = mkdtempSync('/dev/shm/lighter-cri-');
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const store = await openStore({ root: `${directory}/root`, runRoot: `${directory}/run`, driver: 'overlay' });
  mkdirSync(`${directory}/net.d`);
  mkdirSync(`${directory}/plugins`);
  const runtimePath = `${directory}/runc`;
  writeFileSync(runtimePath, '#!/bin/sh\n', { mode: 0o755 });
  const context: CriContext = {
    version: '1.36.0',
    store,
    cgroupDriver: 'systemd',
    networkDirectory: `${directory}/net.d`,
    pluginDirectories: [`${directory}/plugins`],
    runtimePath,
    pinnedImages: [],
    ...change,
  };
  const errors: string[] = [];
  const all: ServerOptions = {
    listen: `unix://${directory}/crio.sock`,
    maxReceiveBytes: 64 * 1024,
    maxSendBytes: 1024 * 1024,
    onError: (rpc, { message }) => errors.push(`${rpc}: ${message}`),
    ...options,
  };
  const server = await startServer(context, all);
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    await server[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  };
  t.after(stop);
  return { store, path: server.path, directory, context, options: all, errors, stop };
}

/** Calls one method by its name in the .proto. */
function call<Service extends DescService, Name extends keyof Service['method']>(
  path: string,
  service: Service,
  name: Name,
  // biome-ignore lint/suspicious/noExplicitAny: the shape follows from the method, which is chosen by its name.
  request: any = {},
  // biome-ignore lint/suspicious/noExplicitAny: as above.
): Promise<any> {
  const method = service.method[name as string] as DescMethod;
  const definition = serviceDefinition(service)[method.localName];
  assert.ok(definition);
  const client = new Client(`unix://${path}`, credentials.createInsecure());
  const message = create(method.input, request as MessageInitShape<typeof method.input>);
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, response?: unknown) => {
      client.close();
      if (error) reject(error);
      else resolve(response);
    };
    if (!definition.responseStream) {
      client.makeUnaryRequest(
        definition.path,
        definition.requestSerialize,
        definition.responseDeserialize,
        message,
        done,
      );
      return;
    }
    const stream = client.makeServerStreamRequest(
      definition.path,
      definition.requestSerialize,
      definition.responseDeserialize,
      message,
    );
    stream.on('data', (response) => done(null, response));
    stream.on('error', (error) => done(error));
    stream.on('end', () => done(null));
  });
}

/** An image without layers: its config and manifest are what the CRI tells of. */
async function putImage(store: Store, user: string, names: readonly string[]): Promise<{ id: string; digest: Digest }> {
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', config: { User: user } }));
  const id = createHash('sha256').update(config).digest('hex');
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, config: { digest: `sha256:${id}` }, layers: [] }));
  const digest = sha256Digest(createHash('sha256').update(manifest).digest('hex'));
  await store.putImage({
    id,
    created: '2024-01-02T03:04:05Z',
    digest,
    metadata: '{}',
    items: [
      { key: `sha256:${id}`, data: config },
      { key: `manifest-${digest}`, data: manifest, digest },
      { key: 'manifest', data: manifest, digest },
    ],
    addNames: names,
  });
  return { id, digest };
}

test('Version and RuntimeConfig', async (t) => {
  const { path } = await serve(t);
  const { version, runtimeName, runtimeVersion, runtimeApiVersion } = await call(path, RuntimeService, 'version');
  assert.deepEqual([version, runtimeName, runtimeVersion, runtimeApiVersion], ['0.1.0', 'cri-o', '1.36.0', 'v1']);
  assert.equal((await call(path, RuntimeService, 'runtimeConfig')).linux.cgroupDriver, CgroupDriver.SYSTEMD);
  const other = await serve(t, { cgroupDriver: 'cgroupfs' });
  assert.equal((await call(other.path, RuntimeService, 'runtimeConfig')).linux.cgroupDriver, CgroupDriver.CGROUPFS);
});

test('Status: the network is ready as soon as a configuration and its plugins are there', async (t) => {
  const { path, directory } = await serve(t);
  const conditions = async () => {
    const { status: answer } = await call(path, RuntimeService, 'status');
    return answer.conditions.map(
      ({ type, status: ready, reason }: { type: string; status: boolean; reason: string }) => [type, ready, reason],
    );
  };
  const ready = ['RuntimeReady', true, ''];
  assert.deepEqual(await conditions(), [ready, ['NetworkReady', false, 'NetworkPluginNotReady']]);
  writeFileSync(`${directory}/net.d/10-x.conflist`, '{"name":"x","plugins":[{"type":"bridge"}]}');
  assert.deepEqual(await conditions(), [ready, ['NetworkReady', false, 'NetworkPluginNotReady']]);
  writeFileSync(`${directory}/plugins/bridge`, '');
  assert.deepEqual(await conditions(), [ready, ['NetworkReady', true, '']]);
  writeFileSync(`${directory}/net.d/00-broken.conf`, 'not json');
  assert.deepEqual(await conditions(), [ready, ['NetworkReady', true, '']]);
  rmSync(`${directory}/runc`);
  assert.deepEqual((await conditions())[0], ['RuntimeReady', false, 'RuntimeNotReady']);
});

test('Status in verbose form tells the configuration as JSON', async (t) => {
  const { path, context } = await serve(t);
  const { info } = await call(path, RuntimeService, 'status', { verbose: true });
  assert.equal(JSON.parse(info.config).storage.root, context.store.graphRoot);
  assert.deepEqual((await call(path, RuntimeService, 'status')).info, {});
});

test('ListImages: names, digests, sizes and users of what is in the store, at once after a change', async (t) => {
  const { path, store } = await serve(t, { pinnedImages: ['registry.example/pause*'] });
  assert.deepEqual((await call(path, ImageService, 'listImages')).images, []);
  const one = await putImage(store, '1000:50', ['registry.example:5000/a/b:v1', 'registry.example:5000/a/b:v2']);
  const other = await putImage(store, 'nobody', ['registry.example/pause:3']);
  const { images } = await call(path, ImageService, 'listImages');
  const by = new Map(images.map((image: { id: string }) => [image.id, image]));
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at by name.
  const [first, second] = [by.get(one.id), by.get(other.id)] as any[];
  assert.deepEqual(first.repoTags, ['registry.example:5000/a/b:v1', 'registry.example:5000/a/b:v2']);
  assert.deepEqual(first.repoDigests, [`registry.example:5000/a/b@${one.digest}`]);
  assert.deepEqual([first.uid.value, first.username, first.pinned], [1000n, '', false]);
  assert.deepEqual([second.uid, second.username, second.pinned], [undefined, 'nobody', true]);
  assert.ok(first.size > 0n);
  const filtered = await call(path, ImageService, 'listImages', {
    filter: { image: { image: 'registry.example/pause:3' } },
  });
  assert.deepEqual(
    filtered.images.map(({ id }: { id: string }) => id),
    [other.id],
  );
  const none = await call(path, ImageService, 'listImages', { filter: { image: { image: 'registry.example/nope' } } });
  assert.deepEqual(none.images, []);
  await store.deleteImage(one.id);
  assert.equal((await call(path, ImageService, 'listImages')).images.length, 1);
});

test('ImageStatus finds an image by each of its names', async (t) => {
  const { path, store } = await serve(t);
  const { id, digest } = await putImage(store, '', ['docker.io/library/busybox:latest', 'quay.io/x/y:1']);
  for (const image of [
    id,
    id.slice(0, 12),
    `sha256:${id}`,
    'busybox',
    'docker.io/library/busybox:latest',
    'quay.io/x/y:1',
    `quay.io/x/y@${digest}`,
    `quay.io/x/y:1@${digest}`,
  ])
    assert.equal((await call(path, ImageService, 'imageStatus', { image: { image } })).image?.id, id, image);
  for (const image of ['quay.io/x/y', 'busybox:1', 'ffffffffffff', `quay.io/z@${digest}`])
    assert.equal((await call(path, ImageService, 'imageStatus', { image: { image } })).image, undefined, image);
  await assert.rejects(call(path, ImageService, 'imageStatus'), {
    code: status.INVALID_ARGUMENT,
    details: 'no image specified',
  });
});

test('ImageFsInfo tells the file system of the store', async (t) => {
  const { path, directory, store } = await serve(t);
  assert.equal((await call(path, ImageService, 'imageFsInfo')).imageFilesystems[0].usedBytes.value, 0n);
  await putImage(store, '', ['quay.io/x/y:1']);
  const { imageFilesystems, containerFilesystems } = await call(path, ImageService, 'imageFsInfo');
  assert.equal(imageFilesystems[0].fsId.mountpoint, `${directory}/root/overlay-images`);
  assert.ok(imageFilesystems[0].usedBytes.value > 0n && imageFilesystems[0].timestamp > 0n);
  assert.equal(containerFilesystems.length, 1);
});

test('every other RPC says that it is not built yet', async (t) => {
  const { path, errors } = await serve(t);
  const built = ['Version', 'Status', 'RuntimeConfig', 'ListImages', 'ImageStatus', 'ImageFsInfo'];
  let missing = 0;
  for (const service of [RuntimeService, ImageService]) {
    for (const method of service.methods.filter(({ name }) => !built.includes(name))) {
      missing++;
      await assert.rejects(
        call(path, service, method.localName as never),
        ({ code, details }: ServiceError) =>
          code === status.UNIMPLEMENTED && details === `${method.name} isn't built yet`,
        method.name,
      );
    }
  }
  assert.equal(missing, 37);
  assert.deepEqual(errors, []);
});

test('a fault in the store is answered, told to the log, and the server goes on', async (t) => {
  const { path, directory, errors } = await serve(t);
  mkdirSync(`${directory}/root/overlay-images`, { recursive: true });
  writeFileSync(`${directory}/root/overlay-images/images.json`, '{ this is not json');
  await assert.rejects(call(path, ImageService, 'listImages'), { code: status.UNKNOWN });
  assert.equal(errors.length, 1);
  assert.match(errors[0] ?? '', /^ListImages: /);
  assert.equal((await call(path, RuntimeService, 'version')).runtimeName, 'cri-o');
});

test('messages that are too large and bytes that are no HTTP/2 end their call only', async (t) => {
  const { path } = await serve(t);
  await assert.rejects(call(path, ImageService, 'imageStatus', { image: { image: 'x'.repeat(70_000) } }), {
    code: status.RESOURCE_EXHAUSTED,
  });
  for (const bytes of [
    'GET / HTTP/1.1\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff',
    '\0',
  ]) {
    await new Promise<void>((resolve) => {
      const client = connect(path);
      client.on('error', () => {});
      client.on('close', () => resolve());
      client.end(Buffer.from(bytes, 'latin1'));
      client.resume();
    });
  }
  assert.equal((await call(path, RuntimeService, 'version')).runtimeName, 'cri-o');
});

test('the socket is for root and its group, and is gone with the server, whose running calls end', async (t) => {
  const { path, stop } = await serve(t);
  assert.equal(statSync(path).mode & 0o777, 0o660);
  // A client that never ends its side is cut off.
  const idle = connect({ path, allowHalfOpen: true }).on('error', () => {});
  await once(idle, 'connect');
  const ended = once(idle, 'end');
  idle.resume();
  await stop();
  assert.equal(existsSync(path), false);
  await ended;
  idle.destroy();
});

test('a socket that somebody answers on is left alone, a stale one is replaced, other files are not', async (t) => {
  const first = await serve(t);
  await assert.rejects(startServer(first.context, first.options), {
    code: 'SOCKET_IN_USE',
    message: `another server listens on ${first.path}: stop it first, or name another socket with --listen`,
  });
  assert.equal((await call(first.path, RuntimeService, 'version')).runtimeName, 'cri-o');

  const stale = `${first.directory}/stale.sock`;
  const dead = createServer().listen(`${stale}.made`);
  await new Promise((resolve) => dead.once('listening', resolve));
  renameSync(`${stale}.made`, stale);
  await new Promise((resolve) => dead.close(resolve));
  assert.ok(existsSync(stale));
  await using second = await startServer(first.context, { ...first.options, listen: stale });
  assert.equal((await call(second.path, RuntimeService, 'version')).runtimeName, 'cri-o');

  const file = `${first.directory}/file`;
  writeFileSync(file, 'precious');
  await assert.rejects(startServer(first.context, { ...first.options, listen: file }), { code: 'SOCKET_INVALID' });
  assert.equal(readFileSync(file, 'utf8'), 'precious');
  await assert.rejects(startServer(first.context, { ...first.options, listen: 'tcp://127.0.0.1:1' }), {
    code: 'SOCKET_INVALID',
  });
  const closed = `${first.directory}/closed`;
  mkdirSync(closed);
  chmodSync(closed, 0o555);
  await assert.rejects(startServer(first.context, { ...first.options, listen: `${closed}/${'x'.repeat(200)}.sock` }), {
    code: 'LISTEN_FAILED',
  });
});
