/** Volumes and mounts of containers, by what a container sees and what stays. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { must, run } from './support/command.ts';
import { podmanWithImage } from './support/podman.ts';
import { mountsBelow } from './support/scratch.ts';

for (const rootless of [false, true]) {
  const who = rootless ? 'an ordinary user' : 'root';

  test(`${who}: a named volume is filled once, shared, and outlives its containers`, async (t) => {
    const podman = await podmanWithImage(t, { rootless });
    const inside = (...args: string[]) => podman.must('run', '--rm', '--network', 'none', ...args);
    assert.equal(
      await inside('-v', 'data:/etc', 'busy', 'sh', '-c', 'echo new > /etc/new; rm /etc/mark; ls /etc'),
      'group\nhostname\nhosts\nnew\npasswd',
    );
    // What was removed isn't filled in again.
    assert.equal(
      await inside('-v', 'data:/etc:ro', 'busy', 'sh', '-c', 'cat /etc/new; ls /etc/mark || touch /etc/x || echo ro'),
      'new\nro',
    );
    assert.equal(await podman.must('volume', 'ls', '-q'), 'data');
    assert.equal((await podman.run('volume', 'exists', 'data')).code, 0);
    assert.equal((await podman.run('volume', 'exists', 'nothing')).code, 1);
    // An empty one gets mode and owner of the folder it covers.
    assert.equal(await inside('-v', 'sticky:/tmp', 'busy', 'stat', '-c', '%a', '/tmp'), '1777');
    assert.equal(await inside('-v', 'empty:/etc:nocopy', 'busy', 'ls', '/etc'), 'hostname\nhosts');
    assert.equal(await inside('-u', 'user', '-v', 'mine:/new', 'busy', 'stat', '-c', '%u:%g', '/new'), '1000:1000');
    assert.match(
      (await podman.run('run', '--network', 'none', '-v', 'none:/x:nocreate', 'busy')).stderr,
      /no volume with name "none" found/,
    );
  });

  test(`${who}: anonymous volumes and those of the image go with --rm and rm -v only`, async (t) => {
    const podman = await podmanWithImage(t, {
      rootless,
      image: { config: { Cmd: ['sh'], Env: ['PATH=/bin'], Volumes: { '/etc': {}, '/vol': {} } } },
    });
    const names = async () => (await podman.must('volume', 'ls', '-q')).split('\n').filter(Boolean);
    await podman.must(
      'run',
      '--rm',
      '--network',
      'none',
      '-v',
      '/anonymous',
      'busy',
      'touch',
      '/vol/x',
      '/anonymous/x',
    );
    assert.deepEqual(await names(), []);
    await podman.must(
      'run',
      '--name',
      'one',
      '--network',
      'none',
      'busy',
      'sh',
      '-c',
      'echo kept > /vol/x; cat /etc/mark',
    );
    assert.equal((await names()).length, 2);
    const other = ['run', '--rm', '--network', 'none', '--volumes-from', 'one'];
    assert.equal(await podman.must(...other, 'busy', 'cat', '/vol/x'), 'kept');
    assert.equal((await podman.run(...other.slice(0, -1), 'one:ro', 'busy', 'touch', '/vol/y')).code, 1);
    assert.equal((await names()).length, 2, 'of another container');
    await podman.must('rm', 'one');
    assert.equal((await names()).length, 2);
    await podman.must('volume', 'prune', '-f');
    assert.deepEqual(await names(), []);
    await podman.must('create', '--name', 'two', '--network', 'none', 'busy');
    await podman.must('rm', '-v', 'two');
    assert.deepEqual(await names(), []);
    const ignored = ['--rm', '--network', 'none', '--image-volume'];
    assert.equal(
      await podman.must('run', ...ignored, 'ignore', 'busy', 'sh', '-c', 'test -e /vol || echo none'),
      'none',
    );
    assert.match(await podman.must('run', ...ignored, 'tmpfs', 'busy', 'mount'), /tmpfs on \/vol type tmpfs/);
    const conf = podman.withConf('[engine]\nimage_volume_mode = "ignore"\n[containers]\nvolumes = ["conf:/conf"]\n');
    assert.equal(
      await conf.must('run', '--rm', '--network', 'none', 'busy', 'sh', '-c', 'ls -d /conf; test -e /vol || echo none'),
      '/conf\nnone',
    );
  });

  test(`${who}: mounts of every type`, async (t) => {
    const podman = await podmanWithImage(t, { rootless });
    const source = `${podman.directory}/source`;
    mkdirSync(`${source}/deep`, { recursive: true });
    writeFileSync(`${source}/file`, 'content\n');
    symlinkSync('/etc', `${source}/link`);
    if (podman.user) await must('chown', ['-hR', `${podman.user.uid}:${podman.user.uid}`, source]);
    const inside = (...args: string[]) => podman.must('run', '--rm', '--network', 'none', ...args);
    const writes = 'cat /m/file; echo changed > /m/file; touch /m/new; cat /m/file';
    assert.equal(await inside('-v', `${source}:/m:O`, 'busy', 'sh', '-c', writes), 'content\nchanged');
    assert.deepEqual(readdirSync(source), ['deep', 'file', 'link']);
    assert.equal(readFileSync(`${source}/file`, 'utf8'), 'content\n');
    assert.equal(
      await inside(
        '--mount',
        'type=image,src=busy,dst=/i',
        'busy',
        'sh',
        '-c',
        'cat /i/etc/passwd | head -n 1; touch /i/x || echo ro',
      ),
      'root:x:0:0:root:/root:/bin/sh\nro',
    );
    assert.equal(
      await inside('--mount', 'type=image,src=busy,dst=/i,rw=true', 'busy', 'sh', '-c', 'touch /i/x && ls /i/x'),
      '/i/x',
    );
    assert.equal(await inside('--mount', `type=glob,src=${source}/[df]*,dst=/g`, 'busy', 'ls', '/g'), 'deep\nfile');
    assert.equal(
      await inside('--mount', `type=bind,src=${source},dst=/b,subpath=file`, 'busy', 'cat', '/b'),
      'content',
    );
    const linked = await podman.run(
      'run',
      '--rm',
      '--network',
      'none',
      '--mount',
      `type=bind,src=${source},dst=/b,subpath=link`,
      'busy',
      'true',
    );
    assert.match(linked.stderr, /is a symbolic link|ELOOP|too many levels/i);
    assert.match(
      await inside('--mount', 'type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=700', 'busy', 'mount'),
      /tmpfs on \/t type tmpfs \(rw,nosuid,nodev,relatime,size=1024k,mode=700/,
    );
    assert.match(await inside('--mount', 'type=devpts,dst=/pts', 'busy', 'mount'), /devpts on \/pts type devpts/);
    if (!rootless) {
      assert.match(await inside('--mount', 'type=ramfs,dst=/ram', 'busy', 'mount'), /ramfs on \/ram type ramfs/);
      const shifted = await inside(
        '-v',
        `${source}:/m:idmap=uids=0-1000-10;gids=0-1000-10`,
        'busy',
        'stat',
        '-c',
        '%u:%g',
        '/m/file',
      );
      assert.equal(shifted, '1000:1000');
    }
    assert.equal(
      await inside(
        '-v',
        `${source}:/m:U`,
        '-u',
        '1000:1000',
        'busy',
        'sh',
        '-c',
        'echo mine > /m/file; stat -c %u /m/deep',
      ),
      '1000',
    );
    assert.match(
      (await podman.run('run', '--network', 'none', '-v', `${source}/nothing:/m`, 'busy')).stderr,
      /statfs .*: no such file or directory/,
    );
    assert.match(
      (await podman.run('run', '--network', 'none', '-v', 'a:/m', '--tmpfs', '/m', 'busy')).stderr,
      /\/m: duplicate mount destination/,
    );
    assert.deepEqual(mountsBelow(`${podman.root}/overlay-containers`), []);
  });

  test(`${who}: archives of volumes`, async (t) => {
    const podman = await podmanWithImage(t, { rootless });
    await podman.must(
      'run',
      '--rm',
      '--network',
      'none',
      '-v',
      'from:/d',
      'busy',
      'sh',
      '-c',
      'echo hi > /d/a; ln -s / /d/link; chown 1000:1000 /d/a',
    );
    await podman.must('volume', 'export', 'from', '-o', `${podman.directory}/a.tar`);
    await podman.must('volume', 'create', 'to');
    await podman.must(
      'run',
      '--rm',
      '--network',
      'none',
      '-v',
      'to:/d',
      'busy',
      'sh',
      '-c',
      'echo old > /d/old; mkdir /d/link',
    );
    await podman.must('volume', 'import', 'to', `${podman.directory}/a.tar`);
    const seen = await podman.must(
      'run',
      '--rm',
      '--network',
      'none',
      '-v',
      'to:/d',
      'busy',
      'sh',
      '-c',
      'cd /d; cat a old; stat -c %u:%g a; test -L link && echo link',
    );
    assert.equal(seen, 'hi\nold\n1000:1000\nlink');
    writeFileSync(`${podman.directory}/bad.tar`, 'no archive');
    assert.equal((await podman.run('volume', 'import', 'to', `${podman.directory}/bad.tar`)).code, 125);
    assert.deepEqual(readdirSync(`${podman.root}/volumes`).sort(), ['from', 'to']);
  });
}

test('a volume with a file system of its own is mounted while it is used', async (t) => {
  const podman = await podmanWithImage(t);
  await podman.must(
    'volume',
    'create',
    '--opt',
    'type=tmpfs',
    '--opt',
    'device=tmpfs',
    '--opt',
    'o=size=1M,uid=5,gid=6',
    'quick',
  );
  const data = await podman.must('volume', 'inspect', '--format', '{{.Mountpoint}}', 'quick');
  await podman.must(
    'run',
    '-d',
    '--name',
    'a',
    '--network',
    'none',
    '-v',
    'quick:/q',
    'busy',
    'sh',
    '-c',
    'mount | grep " /q "; touch /q/a; sleep 100',
  );
  await podman.must(
    'run',
    '--rm',
    '--network',
    'none',
    '-v',
    'quick:/q',
    'busy',
    'sh',
    '-c',
    'until test -e /q/a; do sleep 0.1; done',
  );
  assert.match(await podman.must('logs', 'a'), /type tmpfs .*size=1024k/);
  assert.deepEqual(mountsBelow(data), [data]);
  await podman.must('stop', '-t', '0', 'a');
  assert.deepEqual(mountsBelow(data), []);
  assert.equal(await podman.must('volume', 'mount', 'quick'), data);
  assert.deepEqual(mountsBelow(data), [data]);
  await podman.must('volume', 'unmount', 'quick');
  assert.deepEqual(mountsBelow(data), []);
  await podman.must('volume', 'create', '--driver', 'image', '--opt', 'image=busy', 'img');
  assert.equal(
    await podman.must(
      'run',
      '--rm',
      '--network',
      'none',
      '-v',
      'img:/i',
      'busy',
      'sh',
      '-c',
      'touch /i/x || ls /i/etc',
    ),
    'group\nmark\npasswd',
  );
  assert.match(
    (await podman.run('volume', 'create', '--opt', 'nope=1')).stderr,
    /invalid mount option nope for driver 'local'/,
  );
});

test('volumes are listed, filtered, inspected and removed as podman does it', async (t) => {
  const podman = await podmanWithImage(t);
  await podman.must('volume', 'create', '--label', 'stage=test', 'one');
  await podman.must('volume', 'create', 'two');
  assert.equal(await podman.must('volume', 'ls'), 'DRIVER      VOLUME NAME\nlocal       one\nlocal       two');
  const ls = (...filters: string[]) =>
    podman.must('volume', 'ls', '-q', ...filters.flatMap((one) => ['--filter', one]));
  assert.equal(await ls('label=stage'), 'one');
  assert.equal(await ls('label!=stage=test'), 'two');
  assert.equal(await ls('name=^t', 'name=^o'), 'one\ntwo');
  assert.equal(await ls('dangling=false'), '');
  assert.equal(await ls('until=1h'), '');
  assert.match((await podman.run('volume', 'ls', '--filter', 'nope=1')).stderr, /"nope" is an invalid filter/);
  assert.equal(await podman.must('volume', 'ls', '--format', '{{.Name}}\t{{.Driver}}'), 'one   local\ntwo   local');
  const [inspected] = JSON.parse(await podman.must('volume', 'inspect', 'on')) as Record<string, unknown>[];
  assert.equal(inspected?.['Name'], 'one');
  assert.deepEqual(inspected?.['Labels'], { stage: 'test' });
  assert.equal((await podman.run('volume', 'create', 'one')).code, 125);
  assert.equal(await podman.must('volume', 'create', '--ignore', 'one'), 'one');
  await podman.must('create', '--name', 'user', '--network', 'none', '-v', 'one:/x', 'busy');
  assert.equal((await podman.run('volume', 'rm', 'one')).code, 2);
  assert.equal((await podman.run('volume', 'rm', 'nothing')).code, 1);
  assert.equal(await podman.must('volume', 'prune', '-f'), 'two');
  await podman.must('volume', 'rm', '-f', 'one');
  assert.equal(await podman.must('ps', '-aq'), '');
  assert.ok(!existsSync(`${podman.root}/volumes/one`));
});

test('containers and volumes made and removed at once: no volume goes from below a container', async (t) => {
  const podman = await podmanWithImage(t);
  const attempts = await Promise.all(
    Array.from({ length: 8 }, async (_, n) => {
      if (n % 2) return podman.run('volume', 'rm', 'shared');
      return podman.run('create', '--name', `c${n}`, '--network', 'none', '-v', 'shared:/s', 'busy', 'true');
    }),
  );
  for (const [n, { code, stderr }] of attempts.entries()) if (n % 2 === 0) assert.equal(code, 0, stderr);
  for (const n of [0, 2, 4, 6]) await podman.must('start', '-a', `c${n}`);
  assert.equal(await podman.must('volume', 'ls', '-q'), 'shared');
  assert.equal((await run('ls', [`${podman.root}/volumes`])).stdout, 'shared\n');
});
