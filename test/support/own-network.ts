/** A test file that runs in network and mount namespaces of its own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { must } from './command.ts';

const MARK = 'LIGHTER_TEST_OWN_NETWORK';

/**
 * Calls `tests` where there is nothing but a loopback, no network's files of the machine, and a /dev/net/tun that everybody may
 * open; elsewhere it makes one test that runs the file there.
 */
export function inOwnNetwork(file: string, name: string, tests: () => void): void {
  if (process.env[MARK] !== undefined) {
    tests();
    return;
  }
  test(name, { timeout: 280_000 }, async () => {
    const env: NodeJS.ProcessEnv = { ...process.env, [MARK]: '1' };
    // Set by an outer `node --test`, it would make the inner one report to it.
    delete env['NODE_TEST_CONTEXT'];
    const directory = mkdtempSync('/dev/shm/lighter-tun-');
    try {
      await must('mknod', ['-m', '666', `${directory}/tun`, 'c', '10', '200']);
      const places = '/run/containers /run/netns /var/lib/cni /etc/cni/net.d /etc/containers/networks';
      const script = [
        'mount --bind "$1" /dev/net/tun && ip link set lo up && shift',
        `for place in ${places}; do if [ -d $place ]; then mount -t tmpfs tmpfs $place || exit; fi; done`,
        'exec "$@"',
      ].join('\n');
      const program = [process.execPath, '--conditions=source', '--test', file];
      const result = spawnSync('unshare', ['-nm', 'sh', '-c', script, 'sh', `${directory}/tun`, ...program], {
        env,
        encoding: 'utf8',
      });
      assert.equal(result.status, 0, `${result.stdout}${result.stderr}`);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
}
