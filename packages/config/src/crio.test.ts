import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type TestContext, test } from 'node:test';
import { readCrioConfiguration } from './crio.ts';
import { crioConfigurationText } from './crio-text.ts';

function files(t: TestContext, main: string, dropIns: Record<string, string> = {}) {
  const base = mkdtempSync(`${tmpdir()}/lighter-crio-`);
  t.after(() => rmSync(base, { recursive: true }));
  mkdirSync(`${base}/crio.conf.d`);
  writeFileSync(`${base}/crio.conf`, main);
  for (const [name, text] of Object.entries(dropIns)) writeFileSync(`${base}/crio.conf.d/${name}`, text);
  return { file: `${base}/crio.conf`, directory: `${base}/crio.conf.d` };
}

test('defaults where nothing is set', async (t) => {
  const read = await readCrioConfiguration(files(t, ''));
  assert.equal(read.listen, '/var/run/crio/crio.sock');
  assert.equal(read.maxReceiveBytes, 80 * 1024 * 1024);
  assert.equal(read.root, undefined);
  assert.deepEqual([read.unknown, read.withoutEffect], [[], []]);
});

test('drop-ins win in lexical order and merge by key', async (t) => {
  const read = await readCrioConfiguration(
    files(t, '[crio]\nroot = "/a"\nrunroot = "/b"\n[crio.runtime.runtimes.runc]\nruntime_path = "/x/runc"\n', {
      '10-first': '[crio]\nroot = "/c"\n[crio.runtime.runtimes.crun]\nruntime_path = "/x/crun"\n',
      '20-second': '[crio]\nroot = "/d"\n[crio.api]\nlisten = "/e.sock"\n',
    }),
  );
  assert.deepEqual([read.root, read.runRoot, read.listen], ['/d', '/b', '/e.sock']);
  assert.deepEqual(read.runtimePaths, { runc: '/x/runc', crun: '/x/crun' });
});

test('keys without effect and unknown keys are reported', async (t) => {
  const read = await readCrioConfiguration(
    files(
      t,
      '[crio.runtime]\npids_limit = 5\nnonsense = 1\n[crio.runtime.workloads.x]\nactivation_annotation = "y"\n[other]\nz = 1\n',
    ),
  );
  assert.deepEqual(read.withoutEffect, ['crio.runtime.pids_limit', 'crio.runtime.workloads.x.activation_annotation']);
  assert.deepEqual(read.unknown, ['crio.runtime.nonsense', 'other.z']);
});

test('a wrong type names file and key', async (t) => {
  const named = files(t, '[crio]\nroot = 5\n');
  await assert.rejects(readCrioConfiguration(named), {
    code: 'CRIO_CONFIGURATION_INVALID',
    message: `${named.file}: crio.root must be a text`,
  });
  await assert.rejects(
    readCrioConfiguration(files(t, '[crio.runtime]\ncgroup_manager = "x"\n')),
    /one of systemd, cgroupfs/,
  );
});

test('a file that is not TOML names itself', async (t) => {
  const named = files(t, 'not toml');
  await assert.rejects(readCrioConfiguration(named), (error: Error) => error.message.startsWith(`${named.file}: `));
});

test('a named file that is missing is an error', async () => {
  await assert.rejects(readCrioConfiguration({ file: '/no/such/crio.conf' }), /no such file/);
});

test('the text of a configuration reads back to the same', async (t) => {
  const read = await readCrioConfiguration(
    files(
      t,
      '[crio]\nroot = "/a b\\"c"\nstorage_option = ["x=y"]\n[crio.runtime]\ndefault_runtime = "runc"\n[crio.runtime.runtimes.runc]\nruntime_path = "/x/runc"\n[crio.image]\npinned_images = ["a*"]\n',
    ),
  );
  assert.deepEqual(await readCrioConfiguration(files(t, await crioConfigurationText(read))), read);
});
