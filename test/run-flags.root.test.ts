/** Flags of `podman run`, each by what a container sees of it. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { must } from './support/command.ts';
import { podmanWithImage } from './support/podman.ts';

for (const rootless of [false, true]) {
  const who = rootless ? 'an ordinary user' : 'root';

  test(`${who}: environment and accounts`, async (t) => {
    const podman = await podmanWithImage(t, {
      rootless,
      image: { config: { Cmd: ['sh'], Env: ['PATH=/bin', 'GREETING=hello'] } },
    });
    const inside = (...args: string[]) => podman.must('run', '--rm', '--network', 'none', ...args);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: podman's own notation.
    const merge = ['--env-merge', 'GREETING=${GREETING}-$NOTHING-world', '--env-merge', 'PATH=$PATH:/more'];
    assert.equal(await inside(...merge, 'busy', 'sh', '-c', 'echo $GREETING $PATH'), 'hello--world /bin:/more');
    const entries = ['--passwd-entry', '$USERNAME:*:$UID:$GID:mine:$HOME:/bin/false', '--group-entry', 'crew:x:$GID:'];
    const show = 'tail -n 1 /etc/passwd; tail -n 1 /etc/group';
    assert.equal(
      await inside('-u', '444:555', '-w', '/tmp', ...entries, 'busy', 'sh', '-c', show),
      '444:*:444:555:mine:/tmp:/bin/false\ncrew:x:555:',
    );
    assert.equal(
      await inside('-u', '444', '--passwd=false', 'busy', 'sh', '-c', 'grep -c 444 /etc/passwd || true'),
      '0',
    );
    assert.match(
      await inside('--hostuser', 'daemon', 'busy', 'grep', 'daemon', '/etc/passwd'),
      /^daemon:\*:1:1:daemon:/,
    );
    assert.match(
      await inside('--read-only', '--hostuser', 'daemon', 'busy', 'grep', 'daemon', '/etc/passwd'),
      /^daemon:\*:1:1:/,
    );
    assert.match(
      (await podman.run('run', '--hostuser', 'nobody-here', '--network', 'none', 'busy')).stderr,
      /unknown user nobody-here/,
    );
  });

  test(`${who}: a root file system of the user's own`, async (t) => {
    const podman = await podmanWithImage(t, { rootless });
    const root = `${podman.directory}/tree`;
    for (const name of ['bin', 'etc', 'proc', 'sys', 'dev', 'run', 'tmp'])
      mkdirSync(`${root}/${name}`, { recursive: true });
    copyFileSync('/bin/busybox', `${root}/bin/busybox`);
    if (podman.user) await must('chown', ['-R', `${podman.user.uid}:${podman.user.uid}`, root]);
    const box = (...command: string[]) => ['/bin/busybox', ...command];
    const show = 'busybox touch /new; busybox ls /';
    const seen = await podman.must(
      'run',
      '--rm',
      '--network',
      'none',
      '--rootfs',
      `${root}:O`,
      ...box('sh', '-c', `cd /bin; export PATH=/bin; ${show}`),
    );
    assert.match(seen, /^new$/m);
    assert.ok(!existsSync(`${root}/new`));
    await podman.must('run', '--name', 'own', '--network', 'none', '--rootfs', root, ...box('touch', '/new'));
    assert.ok(existsSync(`${root}/new`));
    assert.equal(await podman.must('start', '-a', 'own'), '');
    assert.match(await podman.must('ps', '-a', '--format', '{{.Names}} {{.Status}}'), /^own Exited \(0\)/);
    await podman.must('rm', 'own');
    assert.ok(existsSync(`${root}/bin/busybox`));
    assert.match(
      (await podman.run('run', '--rootfs', '/nowhere', 'true')).stderr,
      /stat \/nowhere: no such file or directory/,
    );
  });

  test(`${who}: systemd mode`, async (t) => {
    const podman = await podmanWithImage(t, { rootless });
    const show = 'mount | grep -E " /(run|run/lock|tmp|var/log/journal) "; echo $container_uuid';
    const inside = (...args: string[]) => podman.must('run', '--rm', '--network', 'none', ...args);
    const seen = await inside('--systemd', 'always', '--shm-size-systemd', '1m', 'busy', 'sh', '-c', show);
    for (const place of ['/run', '/run/lock', '/tmp', '/var/log/journal']) {
      assert.match(seen, new RegExp(`tmpfs on ${place} type tmpfs \\(rw,nosuid,nodev.*size=1024k`));
    }
    assert.match(seen, /^[0-9a-f]{32}$/m);
    assert.equal(await inside('busy', 'sh', '-c', show), '');
    await podman.must('create', '--name', 'init', '--network', 'none', 'busy', '/sbin/init');
    assert.equal(await podman.must('inspect', '--format', '{{.Config.StopSignal}}', 'init'), 'SIGRTMIN+3');
    await podman.must('create', '--name', 'plain', '--systemd=false', '--network', 'none', 'busy', '/sbin/init');
    assert.equal(await podman.must('inspect', '--format', '{{.Config.StopSignal}}', 'plain'), 'SIGTERM');
  });

  test(`${who}: limits, personality, profile of the image, groups of the caller`, async (t) => {
    const profile = JSON.stringify({
      defaultAction: 'SCMP_ACT_ALLOW',
      syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }],
    });
    const podman = await podmanWithImage(t, {
      rootless,
      image: { config: { Cmd: ['sh'], Env: ['PATH=/bin'], Labels: { 'io.containers.seccomp.profile': profile } } },
    });
    const inside = (...args: string[]) => podman.must('run', '--rm', '--network', 'none', ...args);
    assert.equal(
      await inside('--seccomp-policy', 'image', 'busy', 'sh', '-c', 'mkdir /x 2>/dev/null || echo refused'),
      'refused',
    );
    assert.equal(await inside('busy', 'sh', '-c', 'mkdir /x && echo done'), 'done');
    // runc takes it from 1.2 on.
    const id = await podman.must('run', '-d', '--personality', 'LINUX32', '--network', 'none', 'busy', 'true');
    const spec = JSON.parse(readFileSync(`${podman.root}/overlay-containers/${id}/userdata/config.json`, 'utf8'));
    assert.deepEqual(spec.linux.personality, { domain: 'LINUX32' });
    const own = await must('sh', ['-c', 'ulimit -n']);
    if (!rootless) assert.equal(await inside('--ulimit', 'host', 'busy', 'sh', '-c', 'ulimit -n'), own);
    assert.equal(await inside('--ulimit', 'nofile=100:200', 'busy', 'sh', '-c', 'ulimit -n'), '100');
    assert.match(
      (await podman.run('run', '--group-add', 'keep-groups', '--group-add', 'x', '--network', 'none', 'busy')).stderr,
      /is not allowed with any other --group-add options/,
    );
    assert.match(
      (await podman.run('run', '--runtime', 'runc', '--group-add', 'keep-groups', '--network', 'none', 'busy')).stderr,
      /needs the runtime crun, not runc/,
    );
    assert.match(
      (await podman.run('run', '--device-read-bps', '/dev/null:1m', '--network', 'none', 'busy')).stderr,
      /not a block device/,
    );
    assert.match(
      (await podman.run('run', '--blkio-weight-device', '/dev/null', '--network', 'none', 'busy')).stderr,
      /bad format for device path/,
    );
  });
}

test('containers.conf: time zone and addresses of published ports', async (t) => {
  const podman = await podmanWithImage(t);
  const conf = podman.withConf(
    '[containers]\ntz = "Asia/Tokyo"\n[network]\ndefault_host_ips = ["127.0.0.1", "127.0.0.2"]\n',
  );
  assert.equal(await conf.must('run', '--rm', '--network', 'none', 'busy', 'busybox', 'date', '+%Z'), 'JST');
  await conf.must('create', '--name', 'web', '-p', '18080:80', '-p', '127.0.0.3:18081:81', 'busy');
  const ports = await conf.must('ps', '-a', '--format', '{{.Ports}}');
  assert.equal(ports, '127.0.0.1:18080->80/tcp, 127.0.0.2:18080->80/tcp, 127.0.0.3:18081->81/tcp');
});
