/** mounts.conf, on a copy of the machine's configuration. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { must } from './support/command.ts';
import { inOwnNetwork } from './support/own-network.ts';
import { podmanWithImage } from './support/podman.ts';

inOwnNetwork(fileURLToPath(import.meta.url), 'mounts.conf', () => {
  test('every container gets a copy of what mounts.conf names', async (t) => {
    const podman = await podmanWithImage(t);
    const { directory } = podman;
    mkdirSync(`${directory}/secrets`);
    writeFileSync(`${directory}/secrets/key`, 'key\n');
    await must('cp', ['-a', '/etc/containers', `${directory}/etc`]);
    writeFileSync(`${directory}/etc/mounts.conf`, `${directory}/secrets:/run/secrets\n/nowhere:/nowhere\n`);
    await must('mount', ['--bind', `${directory}/etc`, '/etc/containers']);
    t.after(() => must('umount', ['-l', '/etc/containers']));
    const changed = 'cat /run/secrets/key; echo x > /run/secrets/key';
    assert.equal(await podman.must('run', '--rm', '--network', 'none', 'busy', 'sh', '-c', changed), 'key');
    assert.equal(readFileSync(`${directory}/secrets/key`, 'utf8'), 'key\n');
    // The user's own secrets stand beside them.
    await podman.must('secret', 'create', 's1', `${directory}/secrets/key`);
    const both = ['--secret', 's1', 'busy', 'ls', '/run/secrets'];
    assert.equal(await podman.must('run', '--rm', '--network', 'none', ...both), 'key\ns1');
  });
});
