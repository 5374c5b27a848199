/** Networks in user space: what ordinary users get by default. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { must, run } from './support/command.ts';
import { inOwnNetwork } from './support/own-network.ts';
import { type Podman, podmanWithImage } from './support/podman.ts';

const server = 'mkdir /w; echo served > /w/index.html; echo up; httpd -f -p 80 -h /w';

/** Command lines of the programs that serve networks. */
function helpers(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return /^\S*(slirp4netns|pasta\S*) /.test(line) ? [line] : [];
      } catch {
        return [];
      }
    });
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let n = 0; !(await condition()); n++) {
    assert.ok(n < 100, 'it never came to be');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const fetched = async (port: number) => (await run('busybox', ['wget', '-qO-', `http://127.0.0.1:${port}/`])).stdout;

async function isServed(podman: Podman, port: number): Promise<void> {
  await until(async () => (await podman.must('logs', 'web')).includes('up'));
  await until(async () => (await fetched(port)) === 'served\n');
}

inOwnNetwork(fileURLToPath(import.meta.url), 'networks in user space', () => {
  const pasta = (process.env['PATH'] ?? '').split(':').some((directory) => existsSync(`${directory}/pasta`));

  for (const rootless of [true, false]) {
    const who = rootless ? 'an ordinary user' : 'root';
    const flags = rootless && !pasta ? [] : ['--network', 'slirp4netns'];

    test(`${who}: addresses, name servers, published ports; nothing is left`, async (t) => {
      const podman = await podmanWithImage(t, { rootless });
      const before = helpers();
      await podman.must(
        'run',
        '-d',
        '--name',
        'web',
        ...flags,
        '-p',
        '18080:80',
        '-p',
        '127.0.0.1:18090-18091:80-81',
        'busy',
        'sh',
        '-c',
        server,
      );
      await isServed(podman, 18080);
      assert.equal(await fetched(18090), 'served\n');
      assert.equal(
        await podman.must('ps', '--format', '{{.Ports}}'),
        '0.0.0.0:18080->80/tcp, 127.0.0.1:18090-18091->80-81/tcp',
      );
      const seen = await podman.must(
        'run',
        '--rm',
        ...flags,
        'busy',
        'sh',
        '-c',
        'ip -4 addr show tap0; cat /etc/resolv.conf /etc/hosts',
      );
      assert.match(seen, /inet 10\.0\.2\.100\/24/);
      assert.match(seen, /^nameserver 10\.0\.2\.3$/m);
      assert.match(seen, /^10\.0\.2\.100\t[0-9a-f]{12} \w+$/m);
      const busy = await podman.run('run', '--rm', ...flags, '-p', '18080:80', 'busy', 'true');
      assert.equal(busy.code, 126);
      assert.match(busy.stderr, /18080.*address already in use/);
      await podman.must('stop', '-t', '0', 'web');
      await podman.must('start', 'web');
      await isServed(podman, 18080);
      await podman.must('rm', '-f', '-t', '0', 'web');
      await until(async () => helpers().length === before.length);
    });

    test(`${who}: options of slirp4netns`, async (t) => {
      const podman = await podmanWithImage(t, { rootless });
      const seen = await podman.must(
        'run',
        '--rm',
        '--network',
        'slirp4netns:cidr=10.9.8.0/24,allow_host_loopback=true',
        'busy',
        'sh',
        '-c',
        'ip -4 addr show tap0; cat /etc/hosts',
      );
      assert.match(seen, /inet 10\.9\.8\.100\/24/);
      assert.match(seen, /^10\.9\.8\.2\thost.containers.internal host.docker.internal$/m);
      const wrong = await podman.run('run', '--rm', '--network', 'slirp4netns:nope=1', 'busy', 'true');
      assert.match(wrong.stderr, /unknown option for slirp4netns: "nope=1"/);
      const conf = podman.withConf('[engine]\nnetwork_cmd_options = ["cidr=10.7.6.0/24"]\n');
      assert.match(
        await conf.must('run', '--rm', '--network', 'slirp4netns', 'busy', 'ip', 'addr'),
        /10\.7\.6\.100\/24/,
      );
      const missing = podman.withConf('[engine]\nnetwork_cmd_path = "/nowhere/slirp4netns"\n');
      assert.match(
        (await missing.run('run', '--rm', '--network', 'slirp4netns', 'busy', 'true')).stderr,
        /\/nowhere\/slirp4netns/,
      );
    });
  }

  test('an ordinary user: pasta gives the host its own addresses', {
    skip: pasta ? false : "pasta isn't installed",
  }, async (t) => {
    await must('ip', ['link', 'add', 'outside', 'type', 'veth', 'peer', 'name', 'beyond']);
    t.after(() => must('ip', ['link', 'del', 'outside']));
    for (const name of ['outside', 'beyond']) await must('ip', ['link', 'set', name, 'up']);
    await must('ip', ['addr', 'add', '192.0.2.5/24', 'dev', 'outside']);
    await must('ip', ['route', 'add', 'default', 'via', '192.0.2.1']);
    const podman = await podmanWithImage(t, { rootless: true });
    const shown = `ip -4 addr; cat /etc/resolv.conf; ${server}`;
    await podman.must('run', '-d', '--name', 'web', '-p', '18080:80', 'busy', 'sh', '-c', shown);
    await isServed(podman, 18080);
    const seen = await podman.must('logs', 'web');
    assert.match(seen, /inet 192\.0\.2\.5\/24/);
    assert.match(seen, /^nameserver 169\.254\.1\.1$/m);
    await podman.must('rm', '-f', '-t', '0', 'web');
    await until(async () => helpers().length === 0);
  });

  test('an ordinary user is told about privileged ports', async (t) => {
    const podman = await podmanWithImage(t, { rootless: true });
    const { code, stderr } = await podman.run('run', '--rm', '-p', '80:80', 'busy', 'true');
    assert.notEqual(code, 0);
    assert.match(stderr, /privileged port 80|permission denied/i);
  });
});
