/** The diff of an overlay, byte for byte against what Debian's buildah commits from the same upper directory. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { overlayDiff } from './overlay-diff.ts';
import { TarParser } from './tar/parser.ts';
import { treeListing } from './testing/tree-listing.ts';
import { tarOfTree } from './tree/tar-of-tree.ts';

function scratch(t: TestContext): string {
  const directory = mkdtempSync('/dev/shm/lighter-diff-');
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function bytesOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

const below = `mkdir -p gone/inner replaced emptied/sub deep/a/b; for f in gone/inner/f file replaced/f emptied/sub/f deep/a/b/f also; do
  echo base > $f; done`;

const changes = `rm -r gone also; rm -r replaced; mkdir replaced; echo new > replaced/new; rm -r emptied; mkdir emptied
  rm deep/a/b/f; echo changed >> file; mkdir new; chmod 2751 new; echo x > new/x; ln new/x new/hard; ln -s /etc/passwd new/link
  mkfifo new/pipe; mknod new/node c 1 3; mknod new/block b 7 200; chown 3000000:3000001 new/x; echo e > new/owned; chown 12:34 new/owned
  touch -d '1969-06-01 12:00:00.5' new/owned; touch -d '2001-02-03 04:05:06.789' new/x
  head -c 300000 /dev/zero > new/large; head -c 513 /dev/zero > new/odd; chmod 4755 new/large; setcap cap_net_raw+ep new/large
  ln -s ${'t'.repeat(150)} new/longlink; mkdir -p ${'d'.repeat(90)}/${'e'.repeat(90)}; echo l > ${'d'.repeat(90)}/${'e'.repeat(90)}/${'f'.repeat(50)}
  echo l > ${'g'.repeat(120)}; mkdir ${'h'.repeat(99)}; mkdir ${'i'.repeat(100)}; echo u > umlaut-ä; mkdir dir-ö; echo u > dir-ö/f
  printf x > "$(printf 'latin1-\\351')"; : > empty`;

/** The container's layer as Debian's buildah writes it, and where the layer's files are. */
function commitByPeer(base: string): { blob: Buffer; upper: string; lower: string[] } {
  const script = `
    buildah() { /usr/bin/buildah --root ${base}/root --runroot ${base}/run --storage-driver overlay "$@"; }
    c=$(buildah from scratch); cd $(buildah mount $c); ${below}; cd /; buildah umount $c; buildah commit -q $c base; buildah rm $c
    c=$(buildah from --pull-never base); cd $(buildah mount $c); ${changes}
    cd /; buildah umount $c; buildah commit -q --disable-compression $c oci:${base}/oci`;
  execFileSync('unshare', ['-m', 'sh', '-ec', script], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [manifest] = json(`${base}/oci/index.json`).manifests;
  const blobPath = (digest: string) => `${base}/oci/blobs/sha256/${digest.slice(7)}`;
  const blob = readFileSync(blobPath(json(blobPath(manifest.digest)).layers.at(-1).digest));
  const layers: { id: string; parent?: string }[] = json(`${base}/root/overlay-layers/layers.json`);
  const [{ layer }] = json(`${base}/root/overlay-containers/containers.json`);
  const parents: string[] = [];
  for (let id = layer; id; ) {
    parents.push(`${base}/root/overlay/${id}/diff`);
    id = layers.find((candidate) => candidate.id === id)?.parent;
  }
  return { blob, upper: parents[0] as string, lower: parents.slice(1) };
}

/**
 * Debian's generation writes the file's type into the mode, and leaves another link name in whiteouts that share an inode; the
 * newest one and we don't.
 */
function comparable(archive: Buffer): Buffer {
  const parser = new TarParser({ raw, entry() {}, content: skip, hole() {}, entryEnd() {} });
  let offset = 0;
  function raw(bytes: Buffer) {
    if (bytes.length === 512 && bytes.toString('latin1', 257, 262) === 'ustar') {
      const header = archive.subarray(offset, offset + 512);
      const mode = Number.parseInt(header.toString('latin1', 100, 107), 8) & 0o7777;
      header.write(mode.toString(8).padStart(7, '0'), 100);
      if (/(^|\/)\.wh\./.test(header.toString('latin1', 0, 100))) header.fill(0, 157, 257);
      header.fill(' ', 148, 156);
      const sum = header.reduce((total, byte) => total + byte, 0);
      header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    }
    offset += bytes.length;
  }
  function skip(bytes: Buffer) {
    offset += bytes.length;
  }
  parser.push(Buffer.from(archive));
  parser.end();
  return archive;
}

test('a container’s changes give the bytes that buildah commits', async (t) => {
  const base = scratch(t);
  const { blob, upper, lower } = commitByPeer(base);
  const ours = comparable(await bytesOf(overlayDiff(upper, { lower })));
  const theirs = comparable(blob);
  writeFileSync(`${base}/ours.tar`, ours);
  writeFileSync(`${base}/theirs.tar`, theirs);
  const list = (name: string) =>
    execFileSync('tar', ['--full-time', '-tvf', `${base}/${name}.tar`], { encoding: 'utf8' });
  assert.equal(list('ours'), list('theirs'));
  assert.ok(ours.equals(theirs), `bytes differ at ${ours.findIndex((byte, at) => byte !== theirs[at])}`);
});

test('a directory that is swapped for a link while the walk is in it leads nowhere', async (t) => {
  const base = scratch(t);
  for (const directory of ['upper/a', 'upper/dir', 'outside']) mkdirSync(`${base}/${directory}`, { recursive: true });
  writeFileSync(`${base}/outside/secret`, 'secret');
  writeFileSync(`${base}/upper/dir/secret`, 'own');
  writeFileSync(`${base}/upper/a/large`, Buffer.alloc(3_000_000));
  const archive = overlayDiff(`${base}/upper`, { lower: [] });
  const chunks = [(await archive.next()).value as Buffer];
  renameSync(`${base}/upper/dir`, `${base}/dir`);
  symlinkSync(`${base}/outside`, `${base}/upper/dir`);
  for await (const chunk of archive) chunks.push(chunk);
  const names = execFileSync('tar', ['-tf', '-'], { input: Buffer.concat(chunks), encoding: 'utf8' });
  assert.equal(names, 'a/\na/large\ndir\n', 'the link itself');
});

test('the tar of a tree extracts to the same tree', async (t) => {
  const base = scratch(t);
  mkdirSync(`${base}/tree`);
  mkdirSync(`${base}/out`);
  execFileSync('sh', ['-ec', `${below}; ${changes}; find . -newermt 1900-01-01 -exec touch -h -d 2005-05-05 {} +`], {
    cwd: `${base}/tree`,
  });
  const archive = await bytesOf(tarOfTree(`${base}/tree`));
  execFileSync('tar', ['-C', `${base}/out`, '--xattrs', '--xattrs-include=*', '--numeric-owner', '-xpf', '-'], {
    input: archive,
  });
  assert.deepEqual(treeListing(`${base}/out`), treeListing(`${base}/tree`));
});
