/** What a caller may hand over: closed standard streams, any umask; and what an image may say of itself. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { must, ours, peer, run } from './support/command.ts';
import { storeFlags, storeIn } from './support/peers.ts';
import { makeSample } from './support/sample-image.ts';
import { scratch } from './support/scratch.ts';

async function setUp(t: TestContext) {
  const directory = scratch(t, 'caller');
  const store = storeIn(directory);
  const sample = await makeSample(`${directory}/image`);
  const podman = [ours('podman'), ...storeFlags(store)];
  await must(ours('podman'), [...storeFlags(store), 'pull', '-q', `oci:${sample.layout}`]);
  const image = (await must(ours('podman'), [...storeFlags(store), 'images', '-q'])).trim();
  const shell = (script: string) =>
    run(peer('sh'), ['-c', script.replaceAll('PODMAN', podman.join(' ')).replaceAll('IMAGE', image)], {
      timeout: 30_000,
    });
  return { directory, shell, store };
}

test('a closed standard stream hinders nothing', async (t) => {
  const { shell } = await setUp(t);
  const command = 'PODMAN run --rm --network none IMAGE';
  assert.deepEqual(await shell(`exec <&-; ${command} echo hi`), { code: 0, stdout: 'hi\n', stderr: '' });
  assert.deepEqual(await shell(`exec 2>&-; ${command} echo hi`), { code: 0, stdout: 'hi\n', stderr: '' });
  assert.equal((await shell(`exec >&-; ${command} sh -c 'exit 3'`)).code, 3);
  assert.equal((await shell(`exec <&- >&- 2>&-; ${command} sh -c 'exit 4'`)).code, 4);
});

test('the umask of the caller is not the containers’', async (t) => {
  const { shell } = await setUp(t);
  const { stdout, stderr } = await shell(
    'umask 077; PODMAN run --rm --network none --user 1000 IMAGE /bin/busybox stat -c %a /etc/hosts /etc/hostname /run /run/.containerenv',
  );
  assert.equal(stdout, '644\n644\n755\n644\n', stderr);
});

test('an image whose configuration is of the wrong kinds is refused in one line', async (t) => {
  const { directory, store } = await setUp(t);
  const layout = `${directory}/image`;
  const put = (value: object) => {
    const bytes = Buffer.from(JSON.stringify(value));
    const hex = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(`${layout}/blobs/sha256/${hex}`, bytes);
    return { digest: `sha256:${hex}`, size: bytes.length };
  };
  const blob = (digest: string) => JSON.parse(readFileSync(`${layout}/blobs/sha256/${digest.slice(7)}`, 'utf8'));
  const index = JSON.parse(readFileSync(`${layout}/index.json`, 'utf8'));
  const manifest = blob(index.manifests[0].digest);
  const config = blob(manifest.config.digest);
  for (const [name, value] of Object.entries({
    Env: [1, null],
    Cmd: 'sh',
    Entrypoint: [{}],
    User: 5,
    WorkingDir: [],
    ExposedPorts: ['80'],
  })) {
    const evil = put({ ...config, config: { ...config.config, [name]: value } });
    const made = put({ ...manifest, config: { ...manifest.config, ...evil } });
    writeFileSync(
      `${layout}/index.json`,
      JSON.stringify({ ...index, manifests: [{ ...index.manifests[0], ...made }] }),
    );
    await must(ours('podman'), [...storeFlags(store), 'pull', '-q', `oci:${layout}`]);
    const id = evil.digest.slice('sha256:'.length);
    const result = await run(ours('podman'), [...storeFlags(store), 'run', '--rm', '--network', 'none', id, 'true']);
    assert.equal(result.code, 125, name);
    assert.match(result.stderr, new RegExp(`^Error: .*configuration's ${name} is no .*\n$`));
  }
});
