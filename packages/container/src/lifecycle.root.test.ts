/** Containers from their data to their end, with the real conmon and runc on a busybox root file system. */
import assert from 'node:assert/strict';
import {
  closeSync,
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { readContainersConf } from '@lighter/config/containers';
import { linux } from '@lighter/linux/native';
import { readCgroupMounts } from '@lighter/runtime/cgroups';
import type { AttachStream, Monitor } from '@lighter/runtime/types';
import type { ImageConfigParameters } from '@lighter/spec/oci-image';
import { endAbandonedContainer } from './abandoned.ts';
import { pumpAttach } from './attach/pump.ts';
import { writeBundle } from './bundle.ts';
import { cleanUpContainer } from './cleanup.ts';
import type { ContainerConfig, ContainerPaths } from './config.ts';
import { containerMonitor, createRequest } from './create.ts';
import { readLog } from './logs/read.ts';
import { newContainerConfig } from './new-config.ts';
import type { ContainerOptions } from './options.ts';
import { stopContainer } from './stop.ts';

interface TestContainer {
  readonly config: ContainerConfig;
  readonly paths: ContainerPaths;
  readonly rootPath: string;
  readonly monitor: Monitor;
}

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

test('exit codes of the command, its streams and its log', async (context) => {
  const container = await make(context, { command: ['sh', '-c', 'echo out; echo err >&2; printf end; exit 3'] });
  assert.deepEqual(await run(container), { code: 3, stdout: 'out\nend', stderr: 'err\n' });
  const log: string[] = [];
  for await (const line of readLog(container.config.io.logPath ?? '')) {
    log.push(`${line.stream} ${line.partial ? 'P' : 'F'} ${Buffer.from(line.message)}`);
  }
  assert.deepEqual(log.sort(), ['stderr F err', 'stdout F out', 'stdout P end']);
});

test('a command that is not there and one that cannot be executed', async (context) => {
  const missing = await make(context, { command: ['/no/such'] });
  await assert.rejects(run(missing), {
    code: 'COMMAND_NOT_FOUND',
    exitCode: 127,
    message: /no such file or directory/i,
  });
  const inPath = await make(context, { command: ['nonesuch'] });
  await assert.rejects(run(inPath), { code: 'COMMAND_NOT_FOUND', message: /executable file .*not found in \$PATH/ });
  const directory = await make(context, { command: ['/etc'] });
  await assert.rejects(run(directory), { code: 'PERMISSION_DENIED', exitCode: 126 });
});

test('a working directory: made for the image, missing when asked for, no directory', async (context) => {
  const image = { Cmd: ['pwd'], WorkingDir: '/srv/a/b' };
  const made = await make(context, {}, image);
  assert.equal((await run(made)).stdout, '/srv/a/b\n');
  const missing = await make(context, { workdir: '/x', command: ['true'] });
  await assert.rejects(run(missing), { code: 'ROOTFS_UNUSABLE', message: /workdir "\/x" does not exist on container/ });
  const file = await make(context, { workdir: '/etc/passwd', command: ['true'] });
  await assert.rejects(run(file), { code: 'ROOTFS_UNUSABLE', message: /but is not a directory/ });
});

test('links in the image lead nowhere but into the image', async (context) => {
  const outside = `/run/lighter-outside-${process.pid}`;
  mkdirSync(outside);
  context.after(() => rmSync(outside, { recursive: true }));
  const dangling = await make(context, {}, { Cmd: ['true'], WorkingDir: '/srv/made' });
  symlinkSync(outside, `${dangling.rootPath}/srv`);
  await assert.rejects(run(dangling), { code: 'ROOTFS_UNUSABLE' });
  const inside = await make(context, {}, { Cmd: ['pwd'], WorkingDir: '/srv/made' });
  symlinkSync(outside, `${inside.rootPath}/srv`);
  mkdirSync(`${inside.rootPath}${outside}`);
  assert.equal((await run(inside)).code, 0);
  assert.ok(existsSync(`${inside.rootPath}${outside}/made`));
  assert.deepEqual(readdirSync(outside), []);
});

test('a FIFO for a passwd file hangs nobody', async (context) => {
  const container = await make(context, { user: 'user', command: ['true'] });
  rmSync(`${container.rootPath}/etc/passwd`);
  linux.mkfifo(`${container.rootPath}/etc/passwd`, 0o644);
  await assert.rejects(run(container), { code: 'ROOTFS_UNUSABLE', message: /no regular file/ });
});

test('users by name and number, groups, home', async (context) => {
  const named = await make(context, { user: 'user', command: ['sh', '-c', 'id; echo $HOME'] });
  assert.equal((await run(named)).stdout, 'uid=1000(user) gid=1000(user) groups=1000(user),2000(extra)\n/tmp\n');
  const numeric = await make(context, { user: '4242:55', command: ['sh', '-c', 'id; grep 4242 /etc/passwd'] });
  assert.equal(
    (await run(numeric)).stdout,
    'uid=4242(4242) gid=55(55)\n4242:*:4242:55:container user:/:/bin/sh\n'.replace(
      'gid=55(55)',
      'gid=55(55) groups=55(55)',
    ),
  );
  const unknown = await make(context, { user: 'nobody-here', command: ['true'] });
  await assert.rejects(run(unknown), {
    message: 'unable to find user nobody-here: no matching entries in passwd file',
  });
});

test('standard input through the attach socket, to its end', async (context) => {
  const container = await make(context, { interactive: true, command: ['cat'] });
  const text = 'x'.repeat(200_000);
  const finished = await run(container, async (stream) => {
    await stream.write(Buffer.from(text));
    stream.closeStdin();
  });
  assert.equal(finished.code, 0);
  assert.equal(finished.stdout, text);
});

test('two megabytes of output arrive whole and in order', async (context) => {
  const container = await make(context, { command: ['seq', '1', '300000'] });
  const { stdout } = await run(container);
  assert.equal(stdout, Array.from({ length: 300_000 }, (_, index) => `${index + 1}\n`).join(''));
});

test('a terminal: its size, and stderr that is one stream with stdout', async (context) => {
  const container = await make(context, {
    terminal: true,
    interactive: true,
    command: ['sh', '-c', 'read x; stty size'],
  });
  const { stdout } = await run(container, async (stream) => {
    await container.monitor.resize(container.paths.bundle, { rows: 33, columns: 77 });
    // conmon takes the size from the FIFO and the input from the socket: it may see the input first.
    await pause(100);
    await stream.write(Buffer.from('go\r'));
  });
  assert.match(stdout, /33 77\r\n$/);
});

test('stop: the signal, and SIGKILL for those who ignore it', async (context) => {
  const polite = await make(context, {
    command: ['sh', '-c', 'trap "exit 7" TERM; echo up; while :; do sleep 0.05; done'],
  });
  const impolite = await make(context, {
    command: ['sh', '-c', 'trap "" TERM; echo up; while :; do sleep 0.05; done'],
  });
  const killed = await make(context, { command: ['sleep', '100'] });
  const warnings: string[] = [];
  for (const [container, timeout, code] of [
    [polite, 10, 7],
    [impolite, 1, 137],
    [killed, 0, 137],
  ] as const) {
    const { pid, conmonPid, stream } = await start(container);
    if (container !== killed) await firstOutput(stream);
    await stopContainer(container.monitor, container.config, {
      pid,
      timeout,
      warn: (message) => warnings.push(message),
    });
    assert.equal(
      await container.monitor.waitExit(container.paths.exitDirectory, container.config.id, { conmonPid }),
      code,
    );
    await stopContainer(container.monitor, container.config, { pid: 0 });
    await stream[Symbol.asyncDispose]();
  }
  assert.deepEqual(warnings, ['StopSignal SIGTERM failed to stop container test in 1 seconds, resorting to SIGKILL']);
});

test('an unreleased conmon goes without having done anything', async (context) => {
  const container = await make(context, { command: ['true'] });
  const pending = await container.monitor.spawn(createRequest(container.config, container.paths));
  await pending[Symbol.asyncDispose]();
  assert.equal(existsSync(`${container.paths.bundle}/attach`), false);
  assert.equal(await container.monitor.state(container.config.id), undefined);
});

test('a caller that dies before the bundle is written leaves no container', async (context) => {
  const container = await make(context, { command: ['true'] });
  const pending = await container.monitor.spawn(createRequest(container.config, container.paths));
  // The start pipe ends for conmon as it does at kill -9: it goes on, and finds no config.json.
  await assert.rejects(pending.release(), { name: 'RuntimeError', message: /config.json/ });
  assert.equal(await container.monitor.state(container.config.id), undefined);
});

test('a container whose creator was killed before its start is ended by whoever finds it', async (context) => {
  const container = await make(context, { command: ['true'] });
  const { config, paths, rootPath, monitor } = container;
  const pending = await monitor.spawn(createRequest(config, paths));
  writeBundle({ config, paths, rootPath });
  // Not waited for: the creator may be killed while the runtime is still creating.
  const released = pending.release().catch(() => {});
  await endAbandonedContainer(config, monitor);
  await released;
  assert.equal(await monitor.state(config.id), undefined);
  await endAbandonedContainer(config, monitor);
});

test('a container can be started again after its clean-up', async (context) => {
  const container = await make(context, { command: ['sh', '-c', '[ -e /mark ] && exit 4; echo >/mark; exit 3'] });
  assert.equal((await run(container)).code, 3);
  await cleanUpContainer(container.config, container.paths, { monitor: container.monitor });
  assert.equal((await run(container)).code, 4);
});

test('conmon is killed: waiting ends with an error', async (context) => {
  const container = await make(context, { command: ['sleep', '100'] });
  const { pid, conmonPid, stream } = await start(container);
  linux.kill(conmonPid, 9);
  await assert.rejects(container.monitor.waitExit(container.paths.exitDirectory, container.config.id, { conmonPid }), {
    code: 'MONITOR_DIED',
  });
  linux.kill(pid, 9);
  await stream[Symbol.asyncDispose]();
});

test('the exit command runs when the container has ended', async (context) => {
  const container = await make(context, { command: ['true'] });
  const mark = `${container.paths.runDirectory}/exit-command`;
  await run(container, undefined, ['/usr/bin/touch', mark]);
  for (let attempt = 0; attempt < 100 && !existsSync(mark); attempt++) await pause(20);
  assert.ok(existsSync(mark));
});

test('detaching by keys leaves the container running', async (context) => {
  const container = await make(context, { terminal: true, interactive: true, command: ['sh'] });
  const { stream, pid } = await start(container);
  const [reader, writer] = linux.pipe();
  context.after(() => {
    for (const fd of [reader, writer]) closeSync(fd);
  });
  writeFileSync(`/proc/self/fd/${writer}`, Buffer.from([16, 17]));
  const keys = Uint8Array.of(16, 17);
  assert.equal(await pumpAttach(stream, { stdin: reader, detachKeys: keys }), 'detached');
  linux.kill(pid, 0);
  await stream[Symbol.asyncDispose]();
});

test('following a log until the container ends', async (context) => {
  const container = await make(context, { command: ['sh', '-c', 'for i in 1 2 3; do echo $i; sleep 0.1; done'] });
  const { stream, conmonPid } = await start(container);
  let ended = false;
  const exit = container.monitor
    .waitExit(container.paths.exitDirectory, container.config.id, { conmonPid })
    .then(() => {
      ended = true;
    });
  const lines: string[] = [];
  for await (const line of readLog(container.config.io.logPath ?? '', { follow: { ended: () => ended } })) {
    lines.push(Buffer.from(line.message).toString());
  }
  await exit;
  assert.deepEqual(lines, ['1', '2', '3']);
  await stream[Symbol.asyncDispose]();
});

test('limits reach the cgroup', async (context) => {
  const container = await make(context, {
    command: ['sh', '-c', 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/pids/pids.max'],
    resources: { memory: 64 << 20, pidsLimit: 77 },
  });
  if (!existsSync('/sys/fs/cgroup/memory')) return context.skip('no cgroup version 1 here');
  assert.equal((await run(container)).stdout, `${64 << 20}\n77\n`);
});

let counter = 0;

async function make(
  context: TestContext,
  options: Partial<ContainerOptions>,
  image: ImageConfigParameters = {},
): Promise<TestContainer> {
  const directory = mkdtempSync('/dev/shm/lighter-container-');
  const paths: ContainerPaths = {
    bundle: `${directory}/bundle`,
    runDirectory: `${directory}/run`,
    exitDirectory: `${directory}/exits`,
    netnsDirectory: `${directory}/netns`,
  };
  for (const path of [paths.bundle, paths.runDirectory, paths.exitDirectory]) mkdirSync(path);
  const rootPath = `${directory}/rootfs`;
  makeRootfs(rootPath);
  const id = `${process.pid}`.padStart(60, 'e') + `${++counter}`.padStart(4, '0');
  const parent = `/lighter-test-${process.pid}`;
  const { config } = await newContainerConfig(
    {
      id,
      name: 'test',
      image: { id: '', name: 'test', config: image },
      bundle: paths.bundle,
      cgroupManager: 'cgroupfs',
      options: { network: { mode: 'none' }, cgroupParent: parent, ...options },
    },
    await readContainersConf(),
  );
  const monitor = containerMonitor(config, { cacheDirectory: `${directory}/cache` });
  context.after(async () => {
    await cleanUpContainer(config, paths, { monitor });
    rmSync(directory, { recursive: true });
    removePlainCgroup(parent);
    for (const cgroup of globSync(`/sys/fs/cgroup/{,*/}${parent.slice(1)}`)) removeCgroup(cgroup);
  });
  return { config, paths, rootPath, monitor };
}

/** Where crun finds no unified hierarchy it makes ordinary files in the place of one. */
function removePlainCgroup(parent: string): void {
  if (readCgroupMounts().unified === undefined)
    rmSync(`/sys/fs/cgroup/unified${parent}`, { recursive: true, force: true });
}

/** runc leaves the parent of a container's cgroup, and conmon's is ours; others may still be in use. */
function removeCgroup(cgroup: string): void {
  for (const path of [...globSync(`${cgroup}/*/`), cgroup]) {
    try {
      rmdirSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
    }
  }
}

function makeRootfs(path: string): void {
  for (const name of ['bin', 'etc', 'proc', 'sys', 'dev', 'tmp', 'root', 'run']) {
    mkdirSync(`${path}/${name}`, { recursive: true });
  }
  copyFileSync('/bin/busybox', `${path}/bin/busybox`);
  for (const applet of ['sh', 'cat', 'echo', 'id', 'seq', 'sleep', 'true', 'pwd', 'stty', 'grep', 'printf']) {
    symlinkSync('busybox', `${path}/bin/${applet}`);
  }
  writeFileSync(`${path}/etc/passwd`, 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/tmp:/bin/sh\n');
  writeFileSync(`${path}/etc/group`, 'root:x:0:\nuser:x:1000:\nextra:x:2000:user\n');
}

async function start({ config, paths, rootPath, monitor }: TestContainer, exitCommand?: readonly string[]) {
  await using pending = await monitor.spawn(createRequest(config, paths, exitCommand ? { exitCommand } : {}));
  assert.deepEqual(pending.warnings, []);
  writeBundle({ config, paths, rootPath });
  const { pid, conmonPid } = await pending.release();
  const stream = await monitor.attach(paths.bundle);
  await monitor.start(config.id);
  return { pid, conmonPid, stream };
}

async function run(
  container: TestContainer,
  interact?: (stream: AttachStream) => void | Promise<void>,
  exitCommand?: readonly string[],
): Promise<Finished> {
  const { stream, conmonPid } = await start(container, exitCommand);
  const output: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
  const talking = interact?.(stream);
  for await (const packet of stream.read()) output[packet.stream].push(Buffer.from(packet.data));
  await talking;
  await stream[Symbol.asyncDispose]();
  const code = await container.monitor.waitExit(container.paths.exitDirectory, container.config.id, { conmonPid });
  assert.equal(readFileSync(`${container.paths.exitDirectory}/${container.config.id}`, 'utf8'), `${code}`);
  return { code, stdout: Buffer.concat(output.stdout).toString(), stderr: Buffer.concat(output.stderr).toString() };
}

async function firstOutput(stream: AttachStream): Promise<void> {
  for await (const _ of stream.read()) return;
}
