/** Containers inside a user namespace with a single id, as an ordinary user without subordinate ids has them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

test('containers in a user namespace', (context) => {
  const tests = fileURLToPath(new URL('./lifecycle.root.test.ts', import.meta.url));
  const runtimeDirectory = mkdtempSync('/dev/shm/lighter-rootless-');
  context.after(() => rmSync(runtimeDirectory, { recursive: true }));
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    XDG_RUNTIME_DIR: runtimeDirectory,
    _CONTAINERS_USERNS_CONFIGURED: 'done',
    _CONTAINERS_ROOTLESS_UID: '1000',
  };
  // Set by an outer `node --test`, it would make the inner one report to it.
  delete env['NODE_TEST_CONTEXT'];
  const names =
    'exit codes|a command that|working directory|links in the image|standard input|a terminal|stop:|conmon is killed';
  const result = spawnSync(
    'unshare',
    [
      '-rm',
      process.execPath,
      '--conditions=source',
      '--test',
      `--test-name-pattern=${names}`,
      '--test-timeout=120000',
      tests,
    ],
    { env, encoding: 'utf8' },
  );
  assert.equal(result.status, 0, `${result.stdout}${result.stderr}`);
  assert.match(result.stdout, /pass 8\n/);
});
