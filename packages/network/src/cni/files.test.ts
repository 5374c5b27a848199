import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { openNetworkBackend } from '../backend.ts';
import { loadNetworks, networkVersion, parseNetwork } from './config.ts';
import { parseResult } from './result.ts';

test('configuration files by name; what is broken hinders nothing', (context) => {
  const directory = mkdtempSync('/dev/shm/lighter-net-');
  context.after(() => rmSync(directory, { recursive: true }));
  writeFileSync(`${directory}/20-b.conflist`, '{"name":"b","cniVersion":"0.4.0","plugins":[{"type":"bridge"}]}');
  writeFileSync(`${directory}/10-a.conf`, '{"name":"a","cniVersion":"0.3.1","type":"ptp","x":1}');
  writeFileSync(`${directory}/30-b.conflist`, '{"name":"b","plugins":[{"type":"other"}]}');
  writeFileSync(`${directory}/40-broken.conflist`, '{');
  writeFileSync(`${directory}/50-path.conflist`, '{"name":"../x","plugins":[{"type":"bridge"}]}');
  writeFileSync(`${directory}/readme`, '');
  const { networks, problems } = loadNetworks(directory);
  assert.deepEqual([...networks.keys()], ['a', 'b']);
  assert.deepEqual(networks.get('a'), { cniVersion: '0.3.1', name: 'a', plugins: [{ type: 'ptp', x: 1 }] });
  assert.equal(networks.get('b')?.plugins[0]?.type, 'bridge');
  assert.equal(problems.length, 2);
  assert.equal(loadNetworks(`${directory}/none`).networks.size, 0);
});

test('the version plugins are called with', () => {
  const list = (versions: object) =>
    parseNetwork(JSON.stringify({ name: 'n', plugins: [{ type: 't' }], ...versions }), 'f');
  assert.equal(networkVersion(list({ cniVersion: '0.4.0' })), '0.4.0');
  assert.equal(networkVersion(list({ cniVersions: ['0.3.1', '1.0.0', '9.0.0'] })), '1.0.0');
  assert.equal(networkVersion(list({})), '0.1.0');
  assert.throws(() => networkVersion(list({ cniVersion: '9.0.0' })), { code: 'CONFIG_INVALID' });
});

test('results of old and new plugins', () => {
  assert.deepEqual(parseResult('{"cniVersion":"0.2.0","ip4":{"ip":"10.1.2.3/24","gateway":"10.1.2.1"}}', 't').ips, [
    { address: '10.1.2.3/24', gateway: '10.1.2.1' },
  ]);
  const newer = parseResult(
    '{"cniVersion":"0.4.0","ips":[{"version":"4","interface":2,"address":"10.1.2.3/24"}]}',
    't',
  );
  assert.deepEqual(newer.ips, [{ address: '10.1.2.3/24', interface: 2 }]);
  assert.deepEqual(parseResult('', 't').ips, []);
  assert.throws(() => parseResult('no', 't'), { code: 'PLUGIN_FAILED' });
});

test('a backend that is not there is refused by name', async () => {
  const options = {
    rememberedIn: '/nowhere',
    cni: { pluginDirectories: [], defaultSubnet: '10.88.0.0/16' },
    netavark: {
      configDirectory: '/nowhere',
      runDirectory: '/nowhere',
      defaultSubnet: '10.88.0.0/16',
      pluginDirectories: [],
      firewallDriver: '',
      dnsPort: 0,
    },
    helperDirectories: ['/nowhere'],
  };
  await assert.rejects(openNetworkBackend({ ...options, backend: 'netavark' }), { code: 'PLUGIN_MISSING' });
  await assert.rejects(openNetworkBackend({ ...options, backend: 'x' }), { code: 'CONFIG_INVALID' });
  assert.equal((await openNetworkBackend({ ...options, backend: '' })).name, 'cni');
});
