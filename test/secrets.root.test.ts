/** Secrets: kept as the Go tool keeps them, and what containers see of them. */
import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { run } from './support/command.ts';
import { mustPeerOn } from './support/peers.ts';
import { podmanWithImage } from './support/podman.ts';

for (const rootless of [false, true]) {
  const who = rootless ? 'an ordinary user' : 'root';
  test(`${who}: containers see secrets as files and as variables`, async (t) => {
    const podman = await podmanWithImage(t, { rootless });
    const file = `${podman.directory}/plain`;
    writeFileSync(file, 'first', { mode: 0o644 });
    assert.match(await podman.must('secret', 'create', 'one', file), /^[0-9a-f]{25}$/);
    const inside = (...args: string[]) => podman.must('run', '--rm', '--network', 'none', ...args);
    const show = 'stat -c "%a %u:%g" /run/secrets/one; cat /run/secrets/one';
    assert.equal(await inside('--secret', 'one', 'busy', 'sh', '-c', show), '444 0:0\nfirst');
    const owned = 'one,uid=1000,gid=1000,mode=0400,target=/etc/key';
    assert.equal(
      await inside('-u', 'user', '--secret', owned, 'busy', 'sh', '-c', 'stat -c "%a %u:%g" /etc/key; cat /etc/key'),
      '400 1000:1000\nfirst',
    );
    assert.equal(await inside('--secret', 'one,type=env,target=KEY', 'busy', 'sh', '-c', 'echo $KEY'), 'first');
    // What changes later shows in variables only.
    const both = ['--secret', 'one', '--secret', 'one,type=env,target=KEY'];
    await podman.must(
      'create',
      '--name',
      'both',
      '--network',
      'none',
      ...both,
      'busy',
      'sh',
      '-c',
      'echo $KEY $(cat /run/secrets/one)',
    );
    writeFileSync(file, 'second');
    assert.match((await podman.run('secret', 'create', 'one', file)).stderr, /one: secret name in use/);
    await podman.must('secret', 'create', '--replace', 'one', file);
    assert.equal(await podman.must('start', '-a', 'both'), 'second first');
    assert.doesNotMatch(await podman.must('inspect', 'both'), /second/);
    assert.match(
      (await podman.run('run', '--secret', 'nothing', '--network', 'none', 'busy')).stderr,
      /no secret with name or id "nothing": no such secret/,
    );
    assert.match(
      (await podman.run('run', '--secret', 'one,nope=1', '--network', 'none', 'busy')).stderr,
      /invalid secret option/,
    );
  });
}

test('secrets are listed, inspected, removed; limits of names and sizes', async (t) => {
  const podman = await podmanWithImage(t);
  const file = `${podman.directory}/plain`;
  writeFileSync(file, 'data');
  const id = await podman.must('secret', 'create', '-l', 'a=b', 's1', file);
  assert.match(
    await podman.must('secret', 'ls'),
    new RegExp(`^ID  +NAME  +DRIVER  +CREATED  +UPDATED\n${id}  s1 +file +.* ago +.* ago$`),
  );
  const [inspected] = JSON.parse(await podman.must('secret', 'inspect', '--showsecret', id.slice(0, 6)));
  assert.equal(inspected.Spec.Name, 's1');
  assert.deepEqual(inspected.Spec.Labels, { a: 'b' });
  assert.deepEqual(inspected.Spec.Driver, { Name: 'file', Options: { path: `${podman.root}/secrets/filedriver` } });
  assert.equal(inspected.SecretData, 'data');
  assert.equal(await podman.must('secret', 'inspect', '--format', '{{.Spec.Name}}', 's1'), 's1');
  assert.equal((await podman.run('secret', 'exists', 's2')).code, 1);
  assert.equal(await podman.must('secret', 'create', '--ignore', 's1', file), id);
  assert.equal((await podman.run('secret', 'create', 'a=b', file)).code, 125);
  writeFileSync(`${podman.directory}/big`, 'x'.repeat(512_000));
  assert.match(
    (await podman.run('secret', 'create', 'big', `${podman.directory}/big`)).stderr,
    /larger than 0 and less than 512000 bytes/,
  );
  assert.equal(statSync(`${podman.root}/secrets/secrets.json`).mode & 0o777, 0o600);
  assert.equal(
    JSON.parse(readFileSync(`${podman.root}/secrets/filedriver/secretsdata.json`, 'utf8'))[id],
    Buffer.from('data').toString('base64'),
  );
  assert.equal(await podman.must('secret', 'rm', 's1'), id);
  assert.equal((await podman.run('secret', 'rm', 's1')).code, 125);
  assert.equal(await podman.must('secret', 'ls', '-q'), '');
});

test('the driver of containers.conf: commands of the user', async (t) => {
  const podman = await podmanWithImage(t);
  const place = podman.directory;
  const conf = podman.withConf(`[secrets]
driver = "shell"
[secrets.opts]
list = "ls ${place}/kept"
lookup = "cat ${place}/kept-$SECRET_ID"
store = "cat > ${place}/kept-$SECRET_ID"
delete = "rm ${place}/kept-$SECRET_ID"
`);
  writeFileSync(`${place}/plain`, 'data');
  const id = await conf.must('secret', 'create', 's1', `${place}/plain`);
  assert.equal(readFileSync(`${place}/kept-${id}`, 'utf8'), 'data');
  assert.equal(
    await conf.must('run', '--rm', '--network', 'none', '--secret', 's1', 'busy', 'cat', '/run/secrets/s1'),
    'data',
  );
  await conf.must('secret', 'rm', 's1');
  assert.equal((await run('test', ['-e', `${place}/kept-${id}`])).code, 1);
});

test("the distribution's podman reads our secrets, and we its own", async (t) => {
  const podman = await podmanWithImage(t);
  const store = { root: podman.root, runroot: `${podman.directory}/run` };
  const file = `${podman.directory}/plain`;
  writeFileSync(file, 'shared');
  await podman.must('secret', 'create', 'ours', file);
  assert.match(await mustPeerOn(store, 'podman', ['secret', 'ls']), /ours/);
  await mustPeerOn(store, 'podman', ['secret', 'create', 'theirs', file]);
  assert.equal(
    await podman.must('run', '--rm', '--network', 'none', '--secret', 'theirs', 'busy', 'cat', '/run/secrets/theirs'),
    'shared',
  );
  await mustPeerOn(store, 'podman', ['secret', 'rm', 'ours']);
  assert.match(await podman.must('secret', 'ls', '--format', '{{.Name}}'), /^theirs$/);
});
