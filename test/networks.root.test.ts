/** Networks that containers share, with each of the backends. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { must, run } from './support/command.ts';
import { inOwnNetwork } from './support/own-network.ts';
import { type Podman, podmanWithImage } from './support/podman.ts';

const server = 'mkdir /w; echo served > /w/index.html; httpd -p 80 -h /w; echo up; sleep 100';

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  for (let n = 0; !(await condition()); n++) {
    assert.ok(n < 60, what);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Runs a command in a container's network namespace. */
async function inside(podman: Podman, name: string, ...command: string[]): Promise<string> {
  const pid = await podman.must('inspect', '--format', '{{.State.Pid}}', name);
  return must('nsenter', ['-t', pid, '-n', ...command]);
}

const fetched = async (place: string) =>
  (await run('timeout', ['3', 'busybox', 'wget', '-qO-', `http://${place}/`])).stdout;

/** Sends a datagram to a port of ours, behind which a process in the container's network answers. */
async function echoed(podman: Podman, name: string, port: number, hostPort: number): Promise<string> {
  const pid = await podman.must('inspect', '--format', '{{.State.Pid}}', name);
  const script = `const s = require('dgram').createSocket('udp4'); s.on('message', (m, r) => s.send(m, r.port, r.address)); s.bind(${port}, () => console.log('up'))`;
  const answering = spawn('nsenter', ['-t', pid, '-n', process.execPath, '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const socket = createSocket('udp4');
  try {
    await once(answering.stdout, 'data');
    socket.send('hello', hostPort, '127.0.0.1');
    const [message] = await once(socket, 'message', { signal: AbortSignal.timeout(5000) });
    return String(message);
  } finally {
    socket.close();
    answering.kill();
  }
}

inOwnNetwork(fileURLToPath(import.meta.url), 'networks', () => {
  for (const backend of ['cni', 'netavark']) {
    const make = async (t: Parameters<typeof podmanWithImage>[0]) => {
      const podman = await podmanWithImage(t);
      const files = `${podman.directory}/networks`;
      mkdirSync(files);
      return podman.withConf(`[network]\nnetwork_backend = "${backend}"\nnetwork_config_dir = "${files}"\n`);
    };

    test(`${backend}: made, listed, inspected and removed`, async (t) => {
      const podman = await make(t);
      assert.equal(await podman.must('network', 'create', '--label', 'a=b'), 'podman1');
      assert.equal(
        await podman.must(
          'network',
          'create',
          '--subnet',
          '192.0.2.0/24',
          '--ip-range',
          '192.0.2.128/25',
          '--gateway',
          '192.0.2.7',
          'mine',
        ),
        'mine',
      );
      assert.equal(await podman.must('network', 'create', '--internal', '--ipv6', 'inner'), 'inner');
      assert.equal(await podman.must('network', 'ls', '-q'), 'inner\nmine\npodman\npodman1');
      assert.equal(await podman.must('network', 'ls', '-q', '--filter', 'label=a'), 'podman1');
      assert.match(await podman.must('network', 'ls'), /^NETWORK ID +NAME +DRIVER\n/);
      const [first, mine, inner] = JSON.parse(await podman.must('network', 'inspect', 'podman1', 'mine', 'inner'));
      assert.deepEqual(first.subnets, [{ subnet: '10.89.0.0/24', gateway: '10.89.0.1' }]);
      assert.match(first.id, /^[0-9a-f]{64}$/);
      assert.deepEqual(first.labels, { a: 'b' });
      assert.deepEqual(mine.subnets, [
        {
          subnet: '192.0.2.0/24',
          gateway: '192.0.2.7',
          lease_range: { start_ip: '192.0.2.129', end_ip: '192.0.2.255' },
        },
      ]);
      assert.equal(inner.internal, true);
      assert.equal(inner.ipv6_enabled, true);
      for (const [args, message] of [
        [['mine'], /network name mine already used: network already exists/],
        [['host'], /conflicts with a valid network mode/],
        [['--subnet', '192.0.2.64/26', 'x'], /subnet 192.0.2.64\/26 is already used on the host or by another config/],
        [
          ['--subnet', '198.51.100.0/24', '--gateway', '192.0.2.1', 'x'],
          /gateway 192.0.2.1 not in subnet 198.51.100.0\/24/,
        ],
        [['--opt', 'nope=1', 'x'], /unsupported bridge network option nope/],
      ] as const) {
        const { code, stderr } = await podman.run('network', 'create', ...args);
        assert.equal(code, 125);
        assert.match(stderr, message);
      }
      assert.equal(await podman.must('network', 'create', '--ignore', 'mine'), 'mine');
      await podman.must('create', '--name', 'user', '--network', 'mine', 'busy');
      assert.equal((await podman.run('network', 'rm', 'mine')).code, 2);
      assert.equal((await podman.run('network', 'rm', 'nothing')).code, 1);
      assert.equal((await podman.run('network', 'exists', 'nothing')).code, 1);
      assert.match((await podman.run('network', 'rm', 'podman')).stderr, /default network podman cannot be removed/);
      assert.deepEqual((await podman.must('network', 'prune', '-f')).split('\n').sort(), ['inner', 'podman1']);
      await podman.must('network', 'rm', '-f', 'mine');
      assert.equal(await podman.must('ps', '-aq'), '');
      assert.equal(await podman.must('network', 'ls', '-q'), 'podman');
    });

    test(`${backend}: addresses, published ports over TCP and UDP, several networks`, async (t) => {
      const podman = await make(t);
      await podman.must('network', 'create', 'n1');
      await podman.must('network', 'create', 'n2');
      await podman.must(
        'run',
        '-d',
        '--name',
        'web',
        '--network',
        'n1:ip=10.89.0.50,mac=92:d0:c6:0a:29:33',
        '--network',
        'n2:interface_name=second',
        '-p',
        '18080:80',
        '-p',
        '127.0.0.1:18053:53/udp',
        'busy',
        'sh',
        '-c',
        server,
      );
      await until(async () => (await podman.must('logs', 'web')).includes('up'), 'the server');
      const links = await inside(podman, 'web', 'ip', 'addr');
      assert.match(links, /92:d0:c6:0a:29:33[\s\S]*inet 10\.89\.0\.50\/24/);
      assert.match(links, /second@[\s\S]*inet 10\.89\.1\.\d+\/24/);
      assert.equal(await fetched('10.89.0.50'), 'served\n');
      assert.equal(await fetched('127.0.0.1:18080'), 'served\n');
      assert.equal(await echoed(podman, 'web', 53, 18_053), 'hello');
      const [n1] = JSON.parse(await podman.must('network', 'inspect', 'n1'));
      const [seen] = Object.values(n1.containers) as {
        name: string;
        interfaces: Record<string, { mac_address: string }>;
      }[];
      assert.equal(seen?.name, 'web');
      assert.equal(seen?.interfaces['eth0']?.mac_address, '92:d0:c6:0a:29:33');
      const taken = await podman.run('run', '--rm', '--network', 'n1', '--ip', '10.89.0.50', 'busy', 'true');
      assert.equal(taken.code, 126, taken.stderr);
      // The firewall is emptied behind our back.
      await must('iptables', ['-t', 'nat', '-F']);
      assert.equal(await fetched('127.0.0.1:18080'), '');
      await podman.must('network', 'reload', 'web');
      assert.equal(await fetched('127.0.0.1:18080'), 'served\n');
      assert.match(await inside(podman, 'web', 'ip', 'addr'), /92:d0:c6:0a:29:33[\s\S]*inet 10\.89\.0\.50\/24/);
      await podman.must('rm', '-f', '-t', '0', 'web');
      assert.equal(await fetched('127.0.0.1:18080'), '');
      assert.match(
        await podman.must('run', '--rm', '--network', 'n1', '--ip', '10.89.0.50', 'busy', 'ip', 'addr'),
        /10\.89\.0\.50/,
      );
      await podman.must('network', 'rm', 'n1', 'n2');
    });

    test(`${backend}: connected and disconnected while it runs`, async (t) => {
      const podman = await make(t);
      await podman.must('network', 'create', 'n1');
      await podman.must('network', 'create', 'n2');
      await podman.must(
        'run',
        '-d',
        '--name',
        'c',
        '--hostname',
        'chost',
        '--network',
        'n1',
        'busy',
        'sh',
        '-c',
        'until grep -q 10.89.1 /etc/hosts; do sleep 0.1; done; cat /etc/hosts; sleep 100',
      );
      await podman.must('network', 'connect', 'n2', 'c');
      assert.match(await inside(podman, 'c', 'ip', 'addr', 'show', 'eth1'), /inet 10\.89\.1\.\d+\/24/);
      await until(
        async () => /^10\.89\.1\.\d+\tchost c$/m.test(await podman.must('logs', 'c')),
        '/etc/hosts of the running container',
      );
      assert.match((await podman.run('network', 'connect', 'n2', 'c')).stderr, /already connected/);
      await podman.must('network', 'disconnect', 'n1', 'c');
      assert.doesNotMatch(await inside(podman, 'c', 'ip', 'addr'), /10\.89\.0\./);
      assert.match((await podman.run('network', 'disconnect', 'n1', 'c')).stderr, /is not connected to network "n1"/);
      await podman.must('stop', '-t', '0', 'c');
      await podman.must('network', 'connect', '--ip', '10.89.0.9', 'n1', 'c');
      await podman.must('start', 'c');
      assert.match(await inside(podman, 'c', 'ip', 'addr'), /10\.89\.0\.9\/24/);
      await podman.must('create', '--name', 'alone', '--network', 'none', 'busy');
      assert.match(
        (await podman.run('network', 'connect', 'n1', 'alone')).stderr,
        /"none" is not supported: invalid network mode/,
      );
      await podman.must('rm', '-f', '-t', '0', 'c');
      await podman.must('network', 'rm', 'n1', 'n2');
    });
  }

  test('netavark: containers find each other by name and alias; addresses are given one after the other', async (t) => {
    if (!existsSync('/usr/lib/podman/aardvark-dns')) return t.skip("aardvark-dns isn't installed");
    const podman = (await podmanWithImage(t)).withConf('[network]\nnetwork_backend = "netavark"\n');
    await podman.must('network', 'create', 'n1');
    t.after(() => podman.run('network', 'rm', '-f', 'n1'));
    await podman.must(
      'run',
      '-d',
      '--name',
      'web',
      '--network',
      'n1',
      '--network-alias',
      'other',
      'busy',
      'sh',
      '-c',
      server,
    );
    const seen = await podman.must(
      'run',
      '--rm',
      '--network',
      'n1',
      'busy',
      'sh',
      '-c',
      'cat /etc/resolv.conf; busybox nslookup web; busybox nslookup other; ip addr',
    );
    assert.match(seen, /^search dns\.podman/m);
    assert.match(seen, /^nameserver 10\.89\.0\.1$/m);
    assert.match(seen, /Name:\s+web.*\nAddress.*10\.89\.0\.2[\s\S]*Name:\s+other.*\nAddress.*10\.89\.0\.2/);
    assert.match(seen, /10\.89\.0\.3\/24/);
    assert.match(await podman.must('run', '--rm', '--network', 'n1', 'busy', 'ip', 'addr'), /10\.89\.0\.4\/24/);
    assert.ok(JSON.parse(readFileSync('/etc/containers/networks/n1.json', 'utf8')).dns_enabled);
    await podman.must('rm', '-f', '-t', '0', 'web');
  });
});
