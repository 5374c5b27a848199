import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostsFile } from './hosts.ts';
import { resolvConf } from './resolv-conf.ts';

test('hosts: added entries first, then the base, then what is missing', () => {
  const text = hostsFile({
    base: '127.0.0.1 localhost # comment\n#all\n10.0.0.9 web\n',
    entries: ['a;b:1.2.3.4', 'gate:host-gateway', 'host.docker.internal:9.9.9.9'],
    hostAddress: '10.88.0.1',
    own: ['10.88.0.5'],
    names: ['c0ffee', 'web'],
  });
  assert.equal(
    text,
    [
      '1.2.3.4\ta b',
      '10.88.0.1\tgate',
      '9.9.9.9\thost.docker.internal',
      '127.0.0.1\tlocalhost',
      '10.0.0.9\tweb',
      '10.88.0.1\thost.containers.internal',
      '10.88.0.5\tc0ffee',
      '',
    ].join('\n'),
  );
  const wrong = (entry: string) => () => hostsFile({ base: '', entries: [entry], own: [], names: [] });
  assert.throws(wrong('nothing'), { message: 'unable to parse host entry "nothing": incorrect format' });
  assert.throws(wrong('a:host-gateway'), { code: 'INVALID' });
});

const resolv = {
  host: 'nameserver 127.0.0.53\nnameserver fe80::1\nnameserver 192.0.2.1\nsearch old\nsearch corp.example\noptions edns0\n',
  servers: [],
  search: [],
  options: [],
  networkServers: [],
  networkSearch: [],
  ownNamespace: true,
  hasIpv6: false,
};

test('resolv.conf: of the host what can be reached, or what was asked for', () => {
  assert.equal(resolvConf(resolv), 'search corp.example\nnameserver 192.0.2.1\noptions edns0\n');
  assert.match(resolvConf({ ...resolv, ownNamespace: false }), /127\.0\.0\.53\nnameserver fe80::1\n/);
  assert.equal(resolvConf({ ...resolv, host: 'nameserver 127.0.0.1\n' }), 'nameserver 8.8.8.8\nnameserver 8.8.4.4\n');
  assert.equal(
    resolvConf({ ...resolv, servers: ['1.1.1.1'], search: ['.'], options: ['ndots:1'] }),
    'nameserver 1.1.1.1\noptions ndots:1\n',
  );
  assert.equal(
    resolvConf({ ...resolv, servers: ['1.1.1.1'], networkServers: ['10.89.0.1'], networkSearch: ['dns.podman'] }),
    'search dns.podman corp.example\nnameserver 10.89.0.1\noptions edns0\n',
  );
});
