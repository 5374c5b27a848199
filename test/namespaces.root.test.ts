/** Namespaces that containers share, and user namespaces. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { must } from './support/command.ts';
import { podmanWithImage } from './support/podman.ts';
import { mountsBelow } from './support/scratch.ts';

for (const rootless of [false, true]) {
  const who = rootless ? 'an ordinary user' : 'root';

  test(`${who}: namespaces of another container, which is started first and can't go before`, async (t) => {
    const podman = await podmanWithImage(t, { rootless });
    await podman.must(
      'create',
      '--name',
      'owner',
      '--network',
      'none',
      '--hostname',
      'shared',
      'busy',
      'sh',
      '-c',
      'echo 1 > /dev/shm/x; exec sleep 100',
    );
    const all = ['network', 'pid', 'ipc', 'uts'].map((name) => `--${name}=container:owner`);
    const seen = await podman.must(
      'run',
      '--rm',
      ...all,
      'busy',
      'sh',
      '-c',
      'until test -e /dev/shm/x; do sleep 0.1; done; hostname; ps | grep -c "slee[p] 100"; grep shared /etc/hosts',
    );
    assert.match(seen, /^shared\n1\n127\.0\.0\.1\tshared owner$/);
    await podman.must('create', '--name', 'dependent', '--network', 'container:owner', 'busy', 'true');
    await podman.must('create', '--name', 'requiring', '--requires', 'owner', '--network', 'none', 'busy', 'true');
    const refused = await podman.run('rm', '-f', '-t', '0', 'owner');
    assert.match(refused.stderr, /has dependent containers which must be removed before it/);
    await podman.must('rm', '-f', '-t', '0', '--depend', 'owner');
    assert.equal(await podman.must('ps', '-aq'), '');
    await podman.must('create', '--name', 'closed', '--ipc', 'private', '--network', 'none', 'busy');
    assert.match(
      (await podman.run('create', '--ipc', 'container:closed', '--network', 'none', 'busy')).stderr,
      /non-shareable IPC/,
    );
    assert.equal((await podman.run('create', '--pid', 'container:nothing', '--network', 'none', 'busy')).code, 125);
  });

  test(`${who}: explicit maps of ids`, async (t) => {
    const podman = await podmanWithImage(t, { rootless });
    const base = rootless ? 10 : 200_000;
    const show =
      'cat /proc/self/uid_map; stat -c "%u:%g %a" / /tmp /etc/passwd; touch /tmp/new /vol/new; stat -c %u:%g /tmp/new /vol/x; cat /vol/x';
    await podman.must(
      'run',
      '--rm',
      '--network',
      'none',
      '-v',
      'data:/vol',
      'busy',
      'sh',
      '-c',
      'echo content > /vol/x; chmod 666 /vol/x; chmod 777 /vol',
    );
    const seen = await podman.must(
      'run',
      '--rm',
      '--network',
      'none',
      '--uidmap',
      `0:${base}:2000`,
      '-v',
      'data:/vol',
      'busy',
      'sh',
      '-c',
      show,
    );
    assert.match(seen, new RegExp(`^ +0 +${base} +2000\n0:0 \\d+\n0:0 1777\n0:0 644\n0:0\n65534:65534\ncontent$`));
    assert.equal(
      await podman.must(
        'run',
        '--rm',
        '--network',
        'none',
        '--uidmap',
        `0:${base}:2000`,
        '-u',
        'user',
        'busy',
        'id',
        '-u',
      ),
      '1000',
    );
    assert.match(
      (await podman.run('run', '--userns', 'keep-id', '--uidmap', '0:1:10', '--network', 'none', 'busy')).stderr,
      /mutually exclusive/,
    );
    assert.match(
      (await podman.run('run', '--uidmap', 'nonsense', '--network', 'none', 'busy')).stderr,
      /invalid mapping "nonsense"/,
    );
    assert.deepEqual(
      mountsBelow('/tmp').filter((point) => point.includes('lighter-rootfs')),
      [],
    );
    const outside = await podman.must(
      'create',
      '--name',
      'kept',
      '--network',
      'none',
      '--uidmap',
      `0:${base}:2000`,
      '--gidmap',
      `0:${base}:3000`,
      'busy',
      'cat',
      '/proc/self/gid_map',
    );
    assert.match(outside, /^[0-9a-f]{64}$/);
    for (let n = 0; n < 2; n++)
      assert.match(await podman.must('start', '-a', 'kept'), new RegExp(`^ +0 +${base} +3000$`));
  });
}

test('an ordinary user keeps their ids, or has none', async (t) => {
  const podman = await podmanWithImage(t, { rootless: true });
  const uid = podman.user?.uid ?? 0;
  const work = `${podman.directory}/shared`;
  mkdirSync(work);
  await must('chown', [`${uid}:${uid}`, work]);
  const inside = (...args: string[]) => podman.must('run', '--rm', '--network', 'none', ...args);
  const seen = await inside(
    '--userns',
    'keep-id',
    '-v',
    `${work}:/work`,
    'busy',
    'sh',
    '-c',
    'id -u; id -un; touch /work/mine; stat -c %u /work/mine; grep CapEff /proc/self/status; stat -c %u /etc',
  );
  assert.equal(seen, `${uid}\n${podman.user?.name}\n${uid}\nCapEff:\t0000000000000000\n0`);
  assert.equal(await must('stat', ['-c', '%u', `${work}/mine`]), `${uid}`);
  assert.equal(
    await inside(
      '--userns',
      'keep-id:uid=1234,gid=55',
      '-v',
      `${work}:/work`,
      'busy',
      'sh',
      '-c',
      'id -u; id -g; stat -c %u /work/mine',
    ),
    '1234\n55\n1234',
  );
  assert.equal(await inside('--userns', 'keep-id', '-u', '0', 'busy', 'id', '-u'), '0');
  assert.equal(
    await inside('--userns', 'nomap', '-v', `${work}:/work`, 'busy', 'stat', '-c', '%u', '/work/mine'),
    '65534',
  );
  const conf = podman.withConf('[containers]\nuserns = "keep-id"\n');
  assert.equal(await conf.must('run', '--rm', '--network', 'none', 'busy', 'id', '-u'), `${uid}`);
});

test('automatic user namespaces have ids that nobody else has', async (t) => {
  const podman = await podmanWithImage(t, { rootless: true });
  const maps: string[] = [];
  for (const name of ['a', 'b']) {
    await podman.must(
      'create',
      '--name',
      name,
      '--userns',
      'auto:size=1100',
      '--network',
      'none',
      'busy',
      'cat',
      '/proc/self/uid_map',
    );
    maps.push((await podman.must('start', '-a', name)).trim().replace(/ +/g, ' '));
  }
  assert.deepEqual(maps, ['0 1 1100', '0 1101 1100']);
  await podman.must('rm', 'a');
  assert.match(
    await podman.must(
      'run',
      '--rm',
      '--userns',
      'auto:size=1000,uidmapping=0:5000:1',
      '--network',
      'none',
      'busy',
      'cat',
      '/proc/self/uid_map',
    ),
    /^ +0 +5000 +1\n +1 +2 +999$/,
  );
  assert.match(
    (await podman.run('run', '--userns', 'auto:size=99999999', '--network', 'none', 'busy')).stderr,
    /not enough unused IDs/,
  );
  const conf = podman.withConf('[containers]\nuserns_size = 500\n');
  assert.match(
    (await conf.run('run', '--rm', '--userns', 'auto', '--network', 'none', 'busy', 'true')).stderr,
    /bigger than the maximum value allowed with userns=auto 500/,
  );
});
