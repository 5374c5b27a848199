/** Networks as numbers, and new networks among those that are there. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { cniListOf, definitionOf } from '../cni/definition.ts';
import { AddressPools } from '../netavark/ipam.ts';
import type { NetworkDefinition } from './definition.ts';
import { contains, formatAddress, formatSubnet, lastAddress, overlap, parseAddress, parseSubnet } from './ip.ts';
import { defaultPools, leaseRange, type NewNetwork, newNetwork } from './new-network.ts';

const plain: NewNetwork = {
  driver: 'bridge',
  subnets: [],
  routes: [],
  ipv6: false,
  internal: false,
  dns: true,
  dnsServers: [],
  labels: {},
  options: {},
  ipamDriver: '',
};
const around = (...existing: NetworkDefinition[]) => ({ existing, bridgePrefix: 'podman', pools: defaultPools });

test('addresses and subnets of both families', () => {
  for (const text of ['10.0.2.3', '255.255.255.255', '::', '::1', 'fd00::1:0:0:5', '2001:db8::', '1:2:3:4:5:6:7:8']) {
    const { version, value } = parseAddress(text);
    assert.equal(formatAddress(version, value), text);
  }
  assert.equal(formatAddress(6, parseAddress('::ffff:192.0.2.1').value), '::ffff:c000:201');
  assert.equal(formatSubnet(parseSubnet('192.0.2.77/26')), '192.0.2.64/26');
  assert.equal(formatAddress(4, lastAddress(parseSubnet('192.0.2.64/26'))), '192.0.2.127');
  assert.ok(contains(parseSubnet('fd00::/8'), 'fdff::1'));
  assert.ok(!contains(parseSubnet('10.0.0.0/8'), 'fd00::1'));
  assert.ok(overlap(parseSubnet('10.0.0.0/8'), parseSubnet('10.9.0.0/16')));
  for (const text of ['10.0.0.0', '10.0.0.0/33', 'x/8', '::/129'])
    assert.throws(() => parseSubnet(text), { code: 'CONFIG_INVALID' });
});

test('names, bridges and subnets that nothing else has', () => {
  const first = newNetwork(plain, around());
  const second = newNetwork({ ...plain, ipv6: true }, around(first));
  assert.deepEqual([first.name, second.name], ['podman1', 'podman2']);
  assert.notEqual(first.network_interface, second.network_interface);
  const [v4, v6] = second.subnets ?? [];
  assert.ok(first.subnets && v4 && !overlap(parseSubnet(first.subnets[0]?.subnet ?? ''), parseSubnet(v4.subnet)));
  assert.match(v6?.subnet ?? '', /^fd.*\/64$/);
  assert.equal(newNetwork({ ...plain, internal: true, dns: false }, around()).subnets?.[0]?.gateway, undefined);
  const pool = { existing: [], bridgePrefix: 'podman', pools: [{ base: '198.51.100.0/30', size: 30 }] };
  const only = newNetwork(plain, pool);
  assert.equal(only.subnets?.[0]?.subnet, '198.51.100.0/30');
  assert.throws(() => newNetwork(plain, { ...pool, existing: [only] }), { message: /could not find free subnet/ });
  assert.throws(() => newNetwork({ ...plain, driver: 'nope' }, around()), { code: 'CONFIG_INVALID' });
  assert.throws(() => newNetwork({ ...plain, interfaceName: 'much-too-long-a-name' }, around()), {
    code: 'CONFIG_INVALID',
  });
  assert.deepEqual(leaseRange('192.0.2.128/26'), { start_ip: '192.0.2.129', end_ip: '192.0.2.191' });
});

test('a network is the same after CNI has kept it', () => {
  const subnets = [{ subnet: '203.0.113.0/24', lease_range: { start_ip: '203.0.113.9', end_ip: '203.0.113.19' } }];
  const network = newNetwork({ ...plain, subnets, labels: { a: 'b' }, options: { mtu: '1400' }, dns: false }, around());
  const again = definitionOf(cniListOf(network, () => false));
  for (const key of [
    'name',
    'driver',
    'network_interface',
    'subnets',
    'labels',
    'options',
    'internal',
    'ipv6_enabled',
  ] as const) {
    assert.deepEqual(again[key], network[key], key);
  }
  const options = { isolate: 'true' };
  assert.throws(() => cniListOf({ ...network, options }, () => false), { code: 'UNSUPPORTED' });
});

test('addresses: one after the other, rested, asked for, used up', async (t) => {
  const directory = mkdtempSync('/dev/shm/lighter-ipam-');
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const pools = new AddressPools(directory);
  const network = newNetwork({ ...plain, subnets: [{ subnet: '203.0.113.0/29' }] }, around());
  const give = async (container: string, ...asked: string[]) => (await pools.allocate(network, container, asked))[0];
  assert.deepEqual([await give('a'), await give('b')], ['203.0.113.2', '203.0.113.3']);
  await pools.release(network.name, 'a');
  assert.equal(await give('c'), '203.0.113.4');
  assert.equal(await give('d', '203.0.113.6'), '203.0.113.6');
  await assert.rejects(give('e', '203.0.113.6'), {
    code: 'ADDRESS_IN_USE',
    message: /already allocated to container ID d/,
  });
  await assert.rejects(give('e', '198.51.100.1'), { code: 'CONFIG_INVALID' });
  assert.deepEqual([await give('e'), await give('f')], ['203.0.113.5', '203.0.113.2']);
  await assert.rejects(give('g'), {
    code: 'ADDRESS_IN_USE',
    message: /failed to find free IP in range: 203\.0\.113\.1 - 203\.0\.113\.6/,
  });
  assert.deepEqual(await pools.ownedBy(network.name, 'c'), ['203.0.113.4']);
});
