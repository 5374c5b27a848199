import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readStorageConfiguration, type StorageFlags } from './storage.ts';

/** A directory with files in it, and reading the configuration there. */
function files(t: TestContext, contents: Record<string, string> = {}) {
  const prefix = mkdtempSync('/dev/shm/lighter-storage-conf-');
  t.after(() => rmSync(prefix, { recursive: true }));
  for (const [path, content] of Object.entries(contents)) {
    mkdirSync(dirname(`${prefix}/${path}`), { recursive: true });
    writeFileSync(`${prefix}/${path}`, content);
  }
  const read = (options: { env?: NodeJS.ProcessEnv; rootlessUid?: number; flags?: StorageFlags } = {}) =>
    readStorageConfiguration(options.flags, {
      env: { HOME: `${prefix}/home`, ...options.env },
      rootlessUid: options.rootlessUid,
      prefix,
    });
  return { prefix, read };
}

test('without files: the folders of root and of an ordinary user', async (t) => {
  const { prefix, read } = files(t);
  const root = await read();
  assert.deepEqual(
    [root.graphRoot, root.runRoot, root.files],
    ['/var/lib/containers/storage', '/run/containers/storage', []],
  );
  const user = await read({ rootlessUid: 1234, env: { XDG_RUNTIME_DIR: `${prefix}/xdg` } });
  assert.equal(user.graphRoot, `${prefix}/home/.local/share/containers/storage`);
  assert.equal(user.runRoot, `${prefix}/xdg/containers`);
  const data = await read({ rootlessUid: 1234, env: { XDG_DATA_HOME: `${prefix}/data`, TMPDIR: '/var/tmp' } });
  assert.equal(data.graphRoot, `${prefix}/data/containers/storage`);
  assert.equal(data.runRoot, '/var/tmp/podman-run-1234/containers');
});

test('drop-ins are merged key by key in order of their names, a later folder replaces an equal name', async (t) => {
  const { read } = files(t, {
    'etc/containers/storage.conf': '[storage]\ndriver="overlay"\ngraphroot="/a"\nrunroot="/run-a"\n',
    'usr/share/containers/storage.conf': '[storage]\ngraphroot="/never"\n',
    'usr/share/containers/storage.conf.d/10-x.conf': '[storage]\ngraphroot="/replaced"\n',
    'etc/containers/storage.conf.d/10-x.conf': '[storage]\ngraphroot="/b"\n',
    'etc/containers/storage.conf.d/20-y.conf': '[storage.options.overlay]\nmountopt="nodev,metacopy=on"\n',
    'etc/containers/storage.rootful.conf.d/30-z.conf': '[storage]\nrunroot="/run-root"\n',
    'etc/containers/storage.rootless.conf.d/30-z.conf': '[storage]\nrunroot="/run-user"\n',
  });
  const root = await read();
  assert.deepEqual([root.graphRoot, root.runRoot], ['/b', '/run-root']);
  assert.deepEqual(root.mountOptions, ['nodev', 'metacopy=on']);
  assert.equal((await read({ rootlessUid: 7 })).runRoot, '/run-user');
});

test('environment and flags stand above files', async (t) => {
  const { prefix, read } = files(t, {
    'etc/containers/storage.conf': '[storage]\ngraphroot="/a"\n[storage.options.overlay]\nmountopt="nodev"\n',
    'named.conf': '[storage]\ngraphroot="/named"\n',
    'override.conf': '[storage.options.overlay]\nsync="filesystem"\n',
  });
  const named = await read({
    env: {
      CONTAINERS_STORAGE_CONF: `${prefix}/named.conf`,
      CONTAINERS_STORAGE_CONF_OVERRIDE: `${prefix}/override.conf`,
    },
  });
  assert.deepEqual([named.graphRoot, named.syncFilesystem, named.mountOptions], ['/named', true, []]);
  await assert.rejects(read({ env: { CONTAINERS_STORAGE_CONF: `${prefix}/absent` } }), { code: 'CONFIG_UNREADABLE' });
  assert.deepEqual((await read({ env: { STORAGE_OPTS: 'overlay.mountopt=noexec,vfs.x=1' } })).mountOptions, ['noexec']);
  const flags = await read({ flags: { root: '/flag', runRoot: '/flag-run', options: ['.skip_mount_home=true'] } });
  assert.deepEqual([flags.graphRoot, flags.runRoot, flags.skipMountHome], ['/flag', '/flag-run', true]);
  // A root of one's own drops the file's options of the driver.
  assert.deepEqual(flags.mountOptions, []);
});

test('variables are expanded and links resolved', async (t) => {
  const { prefix, read } = files(t, {
    'etc/containers/storage.conf': '[storage]\nrootless_storage_path="$HOME/store-$UID"\nrunroot="/x/$' + '{UID}"\n',
  });
  mkdirSync(`${prefix}/real`);
  symlinkSync('real', `${prefix}/home`);
  const user = await read({ rootlessUid: 55 });
  assert.deepEqual([user.graphRoot, user.runRoot], [`${prefix}/real/store-55`, '/x/55']);
});

test('what would harm the store when ignored is refused, the rest reported', async (t) => {
  for (const [text, expected] of [
    ['[storage]\ndriver="btrfs"', /btrfs/],
    ['[storage.options.overlay]\nmount_program="/usr/bin/fuse-overlayfs"', /mount_program/],
    ['[storage]\ntransient_store=true', /transient_store/],
    ['[storage.options]\nadditionalimagestores=["/x"]', /additionalimagestores/],
    ['[storage]\ngraphroot="relative"', /absolute/],
    ['[storage', /storage\.conf/],
  ] as const) {
    const { read } = files(t, { 'etc/containers/storage.conf': text });
    await assert.rejects(read(), (error: Error & { code: string }) => {
      assert.equal(error.code, 'CONFIG_INVALID', text);
      assert.match(error.message, expected);
      return true;
    });
  }
  const { read } = files(t, { 'etc/containers/storage.conf': '[storage.options.overlay]\nnovelty="1"\n' });
  assert.deepEqual((await read()).unknown, ['novelty']);
});
