/** A container on the default bridge network, in a network and a mount namespace of our own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { defaultContainersConf } from '@lighter/config/containers';
import { CniBackend } from '@lighter/network';
import { writeBundle } from './bundle.ts';
import { cleanUpContainer } from './cleanup.ts';
import { netnsPath } from './config.ts';
import { containerMonitor, createRequest } from './create.ts';
import { setUpNetwork } from './network.ts';
import { newContainerConfig } from './new-config.ts';

const inside = 'LIGHTER_TEST_NETWORK_NAMESPACE';

if (process.env[inside] === undefined) {
  test('a container on a bridge', () => {
    const env: NodeJS.ProcessEnv = { ...process.env, [inside]: '1' };
    // Set by an outer `node --test`, it would make the inner one report to it.
    delete env['NODE_TEST_CONTEXT'];
    const file = fileURLToPath(import.meta.url);
    const result = spawnSync('unshare', ['-nm', process.execPath, '--conditions=source', '--test', file], {
      env,
      encoding: 'utf8',
    });
    assert.equal(result.status, 0, `${result.stdout}${result.stderr}`);
  });
} else {
  test('address, hosts, name servers, port; and nothing is left', async (context) => {
    const directory = mkdtempSync('/dev/shm/lighter-bridge-');
    const paths = {
      bundle: `${directory}/bundle`,
      runDirectory: `${directory}/run`,
      exitDirectory: `${directory}/exits`,
      netnsDirectory: `${directory}/netns`,
    };
    for (const path of [paths.bundle, paths.runDirectory, paths.exitDirectory]) mkdirSync(path);
    const conf = defaultContainersConf();
    const parent = `/lighter-bridge-${process.pid}`;
    const { config } = await newContainerConfig(
      {
        id: `${process.pid}`.padStart(64, 'd'),
        name: 'web',
        bundle: paths.bundle,
        cgroupManager: 'cgroupfs',
        options: {
          command: [
            'sh',
            '-c',
            'cat /etc/hosts /etc/resolv.conf; ip -4 addr show eth0; echo ready; nc -l -p 80 -e echo hello',
          ],
          network: {
            mode: 'bridge',
            attachments: [{ network: 'podman', interfaceName: 'eth0' }],
            ports: [{ hostIp: '', hostPort: 18081, containerPort: 80, range: 1, protocol: 'tcp' }],
          },
          dns: ['192.0.2.7'],
          hostname: 'web.example',
          cgroupParent: parent,
        },
      },
      conf,
    );
    mkdirSync(`${directory}/net.d`);
    writeFileSync(`${directory}/net.d/podman.conflist`, JSON.stringify(network(`${directory}/ipam`)));
    const backend = new CniBackend({
      configDirectory: `${directory}/net.d`,
      pluginDirectories: conf.network.cni_plugin_dirs,
      cacheDirectory: `${directory}/cache`,
      defaultSubnet: conf.network.default_subnet,
    });
    const monitor = containerMonitor(config, { cacheDirectory: `${directory}/monitor` });
    context.after(async () => {
      await cleanUpContainer(config, paths, { monitor, network: backend });
      rmSync(directory, { recursive: true });
      for (const path of globSync(`/sys/fs/cgroup/{,*/}${parent.slice(1)}{/*/,}`)
        .sort()
        .reverse())
        rmdirSync(path);
    });
    makeRootfs(`${directory}/rootfs`);

    await using pending = await monitor.spawn(createRequest(config, paths));
    const status = await setUpNetwork(config, paths, backend);
    assert.ok(status);
    const address = status.interfaces[0]?.addresses[0]?.replace(/\/\d+$/, '') ?? '';
    writeBundle({ config, paths, rootPath: `${directory}/rootfs`, network: status });
    const { conmonPid } = await pending.release();
    const stream = await monitor.attach(paths.bundle);
    await monitor.start(config.id);
    let output = '';
    for await (const { data } of stream.read()) {
      output += Buffer.from(data);
      if (output.includes('ready')) break;
    }
    assert.match(output, new RegExp(`^${address}\tweb.example web$`, 'm'));
    assert.match(output, /^10\.98\.0\.1\thost\.containers\.internal host\.docker\.internal$/m);
    assert.match(output, /^nameserver 192\.0\.2\.7$/m);
    assert.match(output, new RegExp(`inet ${address}/24`));
    // The port is ours once the container listens on it; through the bridge, as from another host.
    const attempts =
      'for i in 1 2 3 4 5; do nc -w 2 10.98.0.1 18081 </dev/null | grep hello && exit; sleep 0.2; done; exit 1';
    const sent = spawnSync('busybox', ['sh', '-c', attempts], { timeout: 10_000 });
    assert.equal(sent.status, 0);
    await stream[Symbol.asyncDispose]();
    assert.equal(await monitor.waitExit(paths.exitDirectory, config.id, { conmonPid }), 0);

    await cleanUpContainer(config, paths, { monitor, network: backend });
    assert.equal(existsSync(netnsPath(config, paths)), false);
    assert.deepEqual(readdirSync(`${directory}/cache/results`), []);
    assert.equal(existsSync(`${paths.bundle}/attach`), false);
  });
}

function network(dataDir: string) {
  return {
    cniVersion: '0.4.0',
    name: 'podman',
    plugins: [
      {
        type: 'bridge',
        bridge: 'lt-bridge0',
        isGateway: true,
        ipMasq: true,
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          dataDir,
          ranges: [[{ subnet: '10.98.0.0/24', gateway: '10.98.0.1' }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
      { type: 'firewall' },
      { type: 'tuning' },
    ],
  };
}

function makeRootfs(path: string): void {
  for (const name of ['bin', 'etc', 'proc', 'sys', 'dev', 'run']) mkdirSync(`${path}/${name}`, { recursive: true });
  copyFileSync('/bin/busybox', `${path}/bin/busybox`);
  for (const applet of ['sh', 'cat', 'ip', 'nc', 'echo']) symlinkSync('busybox', `${path}/bin/${applet}`);
}
