/** Real CNI plugins, in a network and a mount namespace of our own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MNT_DETACH } from '@lighter/linux/constants';
import { linux } from '@lighter/linux/native';
import type { NetworkRequest } from '../types.ts';
import { CniBackend } from './backend.ts';

const inside = 'LIGHTER_TEST_NETWORK_NAMESPACE';
const pluginDirectories = ['/usr/lib/cni', '/opt/cni/bin', '/usr/libexec/cni'].filter((path) => existsSync(path));

if (process.env[inside] === undefined) {
  test('CNI in a network namespace of its own', () => {
    const arguments_ = ['-nm', process.execPath, '--conditions=source', '--test', fileURLToPath(import.meta.url)];
    const env: NodeJS.ProcessEnv = { ...process.env, [inside]: '1' };
    // Set by an outer `node --test`, it would make the inner one report to it.
    delete env['NODE_TEST_CONTEXT'];
    const result = spawnSync('unshare', arguments_, { env, encoding: 'utf8' });
    assert.equal(result.status, 0, `${result.stdout}${result.stderr}`);
  });
} else {
  test('bridge: address, gateway, ports, cache, and nothing left behind', async (context) => {
    const { backend, directory, request } = setUp(context);
    linux.pinNetworkNamespace(request.netns);
    const status = await backend.setup(request);
    const [first] = status.interfaces;
    assert.equal(first?.interfaceName, 'eth0');
    assert.match(first?.addresses[0] ?? '', /^10\.99\.0\.\d+\/24$/);
    assert.deepEqual(first?.gateways, ['10.99.0.1']);
    assert.match(first?.mac ?? '', /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    const address = (first?.addresses[0] ?? '').split('/')[0] ?? '';
    assert.equal(run('busybox', 'ping', '-c', '1', '-W', '2', address).status, 0, 'the host reaches the container');
    assert.match(run('iptables', '-t', 'nat', '-S').stdout, /--dport 18080 .*DNAT/);

    const cached = JSON.parse(readFileSync(`${directory}/cache/results/test-${request.containerId}-eth0`, 'utf8'));
    assert.equal(cached.kind, 'cniCacheV1');
    assert.equal(cached.result.ips[0].address, first?.addresses[0]);

    await backend.teardown(request);
    assert.deepEqual(readdirSync(`${directory}/cache/results`), []);
    assert.deepEqual(
      readdirSync(`${directory}/ipam/test`).filter((name) => /^\d/.test(name)),
      [],
    );
    assert.doesNotMatch(run('iptables', '-t', 'nat', '-S').stdout, /18080/);
    await backend.teardown(request);
  });

  test('static address and MAC', async (context) => {
    const { backend, request } = setUp(context);
    linux.pinNetworkNamespace(request.netns);
    const attachment = { network: 'test', interfaceName: 'eth0', staticIps: ['10.99.0.77'], mac: '92:d0:c6:0a:29:35' };
    const asked: NetworkRequest = { ...request, attachments: [attachment] };
    const status = await backend.setup(asked);
    assert.deepEqual(status.interfaces[0]?.addresses, ['10.99.0.77/24']);
    assert.equal(status.interfaces[0]?.mac, '92:d0:c6:0a:29:35');
    await backend.teardown(asked);
  });

  test('the namespace and the configuration are gone: the cache takes it down', async (context) => {
    const { backend, directory, request } = setUp(context);
    linux.pinNetworkNamespace(request.netns);
    await backend.setup(request);
    linux.umount(request.netns, MNT_DETACH);
    rmSync(request.netns);
    rmSync(`${directory}/net.d`, { recursive: true });
    await backend.teardown(request);
    assert.deepEqual(readdirSync(`${directory}/cache/results`), []);
    assert.doesNotMatch(run('iptables', '-t', 'nat', '-S').stdout, /18080/);
  });

  test('a failing plugin is named with its words, and the ones before it are undone', async (context) => {
    const { backend, directory, request } = setUp(context, [{ type: 'broken' }]);
    mkdirSync(`${directory}/plugins`);
    writeFileSync(
      `${directory}/plugins/broken`,
      `#!/bin/sh\n[ $CNI_COMMAND = DEL ] && exit 0\necho '{"code": 107, "msg": "no luck", "details": "today"}'\nexit 1\n`,
      { mode: 0o755 },
    );
    linux.pinNetworkNamespace(request.netns);
    await assert.rejects(backend.setup(request), {
      name: 'NetworkError',
      code: 'PLUGIN_FAILED',
      cniCode: 107,
      message: 'CNI plugin "broken" failed (ADD): no luck; today',
    });
    assert.deepEqual(readdirSync(`${directory}/cache/results`), []);
    assert.deepEqual(
      readdirSync(`${directory}/ipam/test`).filter((name) => /^\d/.test(name)),
      [],
    );
  });

  test('missing plugin, unknown network', async (context) => {
    const { backend, request } = setUp(context, [{ type: 'nowhere' }]);
    linux.pinNetworkNamespace(request.netns);
    await assert.rejects(backend.setup(request), { code: 'PLUGIN_MISSING', message: /"nowhere" not found in/ });
    const unknown = { ...request, attachments: [{ network: 'nope', interfaceName: 'eth0' }] };
    await assert.rejects(backend.setup(unknown), {
      code: 'NETWORK_UNKNOWN',
      message: 'unable to find network with name or ID nope: network not found',
    });
  });
}

function setUp(context: TestContext, further: readonly object[] = []) {
  const directory = `/dev/shm/lighter-cni-${process.pid}-${context.name.length}`;
  mkdirSync(`${directory}/net.d`, { recursive: true });
  const netns = `${directory}/netns`;
  context.after(() => {
    // Ours alone: gone with the namespaces; only the files must be removed.
    if (existsSync(netns)) {
      try {
        linux.umount(netns, MNT_DETACH);
      } catch {
        // Not pinned.
      }
    }
    rmSync(directory, { recursive: true, force: true });
  });
  const ranges = [[{ subnet: '10.99.0.0/24', gateway: '10.99.0.1' }]];
  const ipam = { type: 'host-local', dataDir: `${directory}/ipam`, ranges, routes: [{ dst: '0.0.0.0/0' }] };
  writeFileSync(
    `${directory}/net.d/test.conflist`,
    JSON.stringify({
      cniVersion: '0.4.0',
      name: 'test',
      plugins: [
        { type: 'bridge', bridge: 'lt-test0', isGateway: true, ipMasq: true, capabilities: { mac: true }, ipam },
        { type: 'portmap', capabilities: { portMappings: true } },
        { type: 'tuning' },
        ...further,
      ],
    }),
  );
  const backend = new CniBackend({
    configDirectory: `${directory}/net.d`,
    pluginDirectories: [...pluginDirectories, `${directory}/plugins`],
    cacheDirectory: `${directory}/cache`,
    defaultSubnet: '10.88.0.0/16',
  });
  const request: NetworkRequest = {
    containerId: `${process.pid}${context.name.length}`.padStart(64, 'c'),
    containerName: 'test',
    netns,
    attachments: [{ network: 'test', interfaceName: 'eth0' }],
    ports: [{ hostIp: '', hostPort: 18080, containerPort: 80, range: 1, protocol: 'tcp' }],
  };
  return { backend, directory, request };
}

function run(command: string, ...arguments_: string[]) {
  return spawnSync(command, arguments_, { encoding: 'utf8' });
}
