/** The crio command as a program: its server over the unix socket on a store that the other commands fill. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { create, type DescMethod } from '@bufbuild/protobuf';
import { Client, credentials, status } from '@grpc/grpc-js';
import { ImageService, RuntimeService } from '@lighter/cri/generated/runtime_pb';
import { serviceDefinition } from '@lighter/cri/service-definition';
import { must, ours, run } from './support/command.ts';
import { leftovers, machineState } from './support/leaks.ts';
import { type StorePaths, storeFlags, storeIn } from './support/peers.ts';
import { makeSample } from './support/sample-image.ts';
import { scratch } from './support/scratch.ts';

interface Crio {
  readonly child: ChildProcess;
  readonly socket: string;
  readonly log: () => string;
}

/** Starts the server and waits until it says that it serves. */
async function start(t: TestContext, directory: string, store: StorePaths, ...more: readonly string[]): Promise<Crio> {
  const socket = `${directory}/run/crio.sock`;
  const args = ['--config-dir', `${directory}/none`, '--listen', socket, ...storeFlags(store), ...more];
  const child = spawn(ours('crio'), args, { stdio: ['ignore', 'ignore', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let log = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (data) => {
      log += data;
      if (log.includes('Serving')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`crio ended with ${code}: ${log}`)));
  });
  return { child, socket, log: () => log };
}

async function stop({ child }: Crio, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
  const ended = once(child, 'exit');
  child.kill(signal);
  return (await ended)[0];
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at by name.
function call(socket: string, method: DescMethod, request: Record<string, unknown> = {}): Promise<any> {
  const definition = serviceDefinition(method.parent)[method.localName];
  assert.ok(definition);
  const client = new Client(`unix://${socket}`, credentials.createInsecure());
  return new Promise((resolve, reject) =>
    client.makeUnaryRequest(
      definition.path,
      definition.requestSerialize,
      definition.responseDeserialize,
      create(method.input, request),
      (error, response) => {
        client.close();
        if (error) reject(error);
        else resolve(response);
      },
    ),
  );
}

const { version, status: statusOf, listContainers } = RuntimeService.method;
const { listImages, imageStatus, imageFsInfo } = ImageService.method;

test('what the other commands put into the store is listed, and gone when they remove it', async (t) => {
  const directory = scratch(t, 'crio');
  const before = machineState();
  const store = storeIn(directory);
  const sample = await makeSample(`${directory}/sample`, {
    mark: 'crio',
    extraLayers: 1,
    config: { User: '1000:1000' },
  });
  const crio = await start(t, directory, store);
  assert.deepEqual((await call(crio.socket, listImages)).images, []);

  const name = 'registry.example/test/sample:v1';
  const policy = `${directory}/policy.json`;
  writeFileSync(policy, '{"default":[{"type":"insecureAcceptAnything"}]}');
  const destination = `containers-storage:[overlay@${store.root}+${store.runroot}]${name}`;
  await must(ours('skopeo'), ['--policy', policy, 'copy', `oci:${sample.layout}`, destination]);
  const { images } = await call(crio.socket, listImages);
  assert.equal(images.length, 1);
  const [image] = images;
  assert.equal(`sha256:${image.id}`, sample.configDigest);
  assert.deepEqual(image.repoTags, [name]);
  assert.deepEqual(image.repoDigests, [`registry.example/test/sample@${sample.manifestDigest}`]);
  assert.equal(image.uid.value, 1000n);
  assert.ok(image.size > 1_000_000n && image.size < 10_000_000n, `${image.size}`);
  assert.equal((await call(crio.socket, imageStatus, { image: { image: image.id.slice(0, 12) } })).image.id, image.id);
  const { imageFilesystems } = await call(crio.socket, imageFsInfo);
  assert.ok(imageFilesystems[0].usedBytes.value >= image.size);

  await must(ours('buildah'), [...storeFlags(store), 'rmi', name]);
  assert.deepEqual((await call(crio.socket, listImages)).images, []);
  assert.equal(await stop(crio), 0);
  assert.deepEqual(await leftovers(before, directory), []);
});

test('the socket: permissions, a second server, kill -9, a stop by either signal', async (t) => {
  const directory = scratch(t, 'crio');
  const store = storeIn(directory);
  const first = await start(t, directory, store);
  assert.equal(statSync(first.socket).mode & 0o777, 0o660);
  const second = await run(ours('crio'), [
    '--config-dir',
    `${directory}/none`,
    '--listen',
    first.socket,
    ...storeFlags(store),
  ]);
  assert.notEqual(second.code, 0);
  assert.match(
    second.stderr,
    /^Error: another server listens on .*crio\.sock: stop it first, or name another socket with --listen\n$/m,
  );
  assert.equal((await call(first.socket, version)).runtimeName, 'cri-o');

  await stop(first, 'SIGKILL');
  assert.ok(existsSync(first.socket));
  const third = await start(t, directory, store);
  assert.equal((await call(third.socket, version)).runtimeVersion, '1.36.0');
  const idle = connect(third.socket).on('error', () => {});
  await once(idle, 'connect');
  assert.equal(await stop(third, 'SIGINT'), 0);
  assert.deepEqual(
    readdirSync(`${directory}/run`).filter((name) => name.endsWith('.sock')),
    [],
  );
});

test('what is not built says so', async (t) => {
  const directory = scratch(t, 'crio');
  const crio = await start(t, directory, storeIn(directory));
  await assert.rejects(call(crio.socket, listContainers), {
    code: status.UNIMPLEMENTED,
    details: "ListContainers isn't built yet",
  });
  assert.equal(await stop(crio), 0);
});

test('configuration: file, drop-ins, environment and flags, read again on SIGHUP', async (t) => {
  const directory = scratch(t, 'crio');
  mkdirSync(`${directory}/conf.d`);
  mkdirSync(`${directory}/net.d`);
  const file = `${directory}/crio.conf`;
  const plugins = `${directory}/plugins`;
  writeFileSync(
    file,
    `[crio]\nroot = "/wrong"\n[crio.api]\nlisten = "/wrong.sock"\n[crio.runtime]\nlog_level = "warn"\npids_limit = 5\nnonsense = 1\n[crio.network]\nnetwork_dir = "${directory}/net.d"\nplugin_dirs = ["${plugins}"]\n`,
  );
  writeFileSync(`${directory}/conf.d/10.conf`, `[crio]\nroot = "${directory}/root"\nrunroot = "${directory}/run"\n`);
  const settings = ['--config', file, '--config-dir', `${directory}/conf.d`];
  const env = { CONTAINER_LISTEN: `${directory}/env.sock`, CONTAINER_CGROUP_MANAGER: 'systemd' };
  const printed = await must(ours('crio'), [...settings, '--cgroup-manager=cgroupfs', 'config'], { env });
  assert.match(printed, new RegExp(`^root = "${directory}/root"$`, 'm'));
  assert.match(printed, new RegExp(`^listen = "${directory}/env.sock"$`, 'm'));
  assert.match(printed, /^cgroup_manager = "cgroupfs"$/m);

  const child = spawn(ours('crio'), settings, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let log = '';
  child.stderr.on('data', (data) => (log += data));
  const logged = async (text: RegExp) => {
    for (let tries = 0; !text.test(log); tries++) {
      assert.ok(tries < 200, `${text} isn't in the log:\n${log}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  await logged(/level=warning msg="unknown configuration key crio\.runtime\.nonsense is ignored"/);
  await logged(/level=warning msg="configuration key crio\.runtime\.pids_limit has no effect yet"/);
  for (let tries = 0; !existsSync(env.CONTAINER_LISTEN) && tries < 200; tries++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const network = async () => (await call(env.CONTAINER_LISTEN, statusOf)).status.conditions[1];
  assert.equal((await network()).status, false);
  mkdirSync(plugins);
  writeFileSync(`${plugins}/bridge`, '');
  writeFileSync(`${directory}/net.d/x.conflist`, '{"name":"x","plugins":[{"type":"bridge"}]}');
  assert.equal((await network()).status, true);

  writeFileSync(`${directory}/conf.d/20.conf`, 'not toml');
  child.kill('SIGHUP');
  await logged(/level=error msg="unable to reload configuration: .*20\.conf/);
  writeFileSync(`${directory}/conf.d/20.conf`, '[crio.runtime]\nlog_level = "info"\n');
  child.kill('SIGHUP');
  await logged(/level=info msg="Configuration reload completed"/);
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  assert.equal((await ended)[0], 0);
});

test('bad configuration is one line that names file and key', async (t) => {
  const directory = scratch(t, 'crio');
  const file = `${directory}/crio.conf`;
  for (const [text, message] of [
    ['[crio.api]\nlisten = 5\n', `${file}: crio.api.listen must be a text`],
    [
      '[crio.api]\nlisten = "tcp://127.0.0.1:1"\n',
      'listen address "tcp://127.0.0.1:1" isn\'t an absolute path of a unix socket',
    ],
    ['[crio.runtime]\nlog_level = "loud"\n', `${file}: crio.runtime.log_level must be one of`],
  ] as const) {
    writeFileSync(file, text);
    const result = await run(ours('crio'), [
      '--config',
      file,
      '--config-dir',
      `${directory}/none`,
      ...storeFlags(storeIn(directory)),
    ]);
    assert.equal(result.code, 1);
    assert.ok(result.stderr.startsWith(`Error: ${message}`), result.stderr);
    assert.equal(result.stderr.split('\n').length, 2);
  }
});

test('crio version loads nothing of the server', async (t) => {
  const directory = scratch(t, 'crio');
  const hook = `${directory}/hook.mjs`;
  writeFileSync(
    hook,
    `import { writeFileSync } from 'node:fs';\nprocess.on('exit', () => writeFileSync(${JSON.stringify(`${directory}/modules`)}, process.moduleLoadList.join('\\n')));\n`,
  );
  const bundle = new URL('../dist/crio.js', import.meta.url).pathname;
  const json = JSON.parse(await must(process.execPath, ['--import', hook, bundle, 'version', '--json']));
  assert.equal(json.version, '1.36.0');
  const modules = readFileSync(`${directory}/modules`, 'utf8');
  assert.match(modules, /NativeModule fs\b/);
  assert.doesNotMatch(modules, /NativeModule (http2|tls|zlib|worker_threads)\b/);
});
