/** The same containers with crun, which refuses hosts with hybrid cgroups: in a mount namespace without the hybrid part. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readCgroupMounts } from '@lighter/runtime/cgroups';
import { findRuntime } from '@lighter/runtime/programs';

test('which runtime: the configured one, else crun unless it refuses this host', () => {
  const mounts = { version: 1, hybrid: false, controllers: new Map() } as const;
  assert.equal(findRuntime({}, { ...mounts, hybrid: true }), '/usr/bin/runc');
  if (existsSync('/usr/bin/crun')) assert.equal(findRuntime({}, mounts), '/usr/bin/crun');
  assert.equal(findRuntime({ wanted: 'runc' }, mounts), '/usr/bin/runc');
  assert.equal(findRuntime({ wanted: 'mine', runtimes: { mine: ['/no', '/bin/sh'] } }, mounts), '/bin/sh');
  assert.throws(() => findRuntime({ wanted: 'nonesuch' }, mounts), {
    code: 'PROGRAM_MISSING',
    message: 'default OCI runtime "nonesuch" not found: invalid argument',
  });
});

test('containers with crun', { skip: !existsSync('/usr/bin/crun') }, () => {
  const tests = fileURLToPath(new URL('./lifecycle.root.test.ts', import.meta.url));
  const { hybrid, unified } = readCgroupMounts();
  const hide = hybrid ? `umount ${unified} && ` : '';
  const env: NodeJS.ProcessEnv = { ...process.env };
  // Set by an outer `node --test`, it would make the inner one report to it.
  delete env['NODE_TEST_CONTEXT'];
  const script = `${hide}exec "$0" --conditions=source --test --test-timeout=120000 "$1"`;
  const result = spawnSync('unshare', ['-m', 'sh', '-c', script, process.execPath, tests], { env, encoding: 'utf8' });
  assert.equal(result.status, 0, `${result.stdout}${result.stderr}`);
});
