/**
 * Peak memory of a pull into storage: below 200 MB over all processes, and no higher for an image twice the size.
 * The bound is on bytes, not on time.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { must, ours } from './support/command.ts';
import { storeFlags, storeIn } from './support/peers.ts';
import { startRegistry } from './support/registry.ts';
import { pushSample } from './support/sample-image.ts';
import { scratch } from './support/scratch.ts';

const LIMIT = 200e6;

test('a pull of a large image stays below 200 MB, however large', { timeout: 600_000 }, async (t) => {
  const directory = scratch(t, 'memory');
  const registry = await startRegistry(t);
  const peaks: number[] = [];
  for (const [index, megabytes] of [60, 120].entries()) {
    const layout = await largeImage(`${directory}/image-${index}`, megabytes);
    const image = `${registry.host}/large:${index}`;
    await pushSample({ layout: `${layout}:latest`, manifestDigest: '', configDigest: '', diffIds: [] }, image);
    const store = storeIn(`${directory}/store-${index}`);
    mkdirSync(`${directory}/store-${index}`);
    peaks.push(await peak(ours('podman'), [...storeFlags(store), 'pull', '-q', '--tls-verify=false', image]));
    t.diagnostic(`5 layers of ${megabytes} MB: peak ${Math.round((peaks.at(-1) ?? 0) / 1e6)} MB`);
  }
  for (const bytes of peaks) assert.ok(bytes < LIMIT, `peak ${bytes}`);
  assert.ok((peaks[1] ?? 0) < (peaks[0] ?? 0) * 1.15 + 10e6, `${peaks}`);
});

/** An OCI layout of five gzip layers, each with `megabytes` of the machine's own libraries and programs in it. */
async function largeImage(directory: string, megabytes: number): Promise<string> {
  mkdirSync(`${directory}/blobs/sha256`, { recursive: true });
  const blob = (path: string) => {
    const hex = createHash('sha256').update(readFileSync(path)).digest('hex');
    const size = statSync(path).size;
    renameSync(path, `${directory}/blobs/sha256/${hex}`);
    return { digest: `sha256:${hex}`, size };
  };
  const json = (value: object) => {
    writeFileSync(`${directory}/json`, JSON.stringify(value));
    return blob(`${directory}/json`);
  };
  const layers: object[] = [];
  const diffIds: string[] = [];
  const files = libraryFiles(megabytes * 1e6);
  for (let layer = 0; layer < 5; layer++) {
    writeFileSync(`${directory}/mark-${layer}`, `${layer}`);
    await must(
      'sh',
      [
        '-c',
        `tar -C / --transform 's,^,layer-${layer}/,' -cf ${directory}/tar -T - && sha256sum < ${directory}/tar > ${directory}/sum && gzip -1 -c ${directory}/tar > ${directory}/gz && rm ${directory}/tar`,
      ],
      { input: files.join('\n') },
    );
    diffIds.push(`sha256:${readFileSync(`${directory}/sum`, 'utf8').split(' ')[0]}`);
    layers.push({ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...blob(`${directory}/gz`) });
  }
  const config = json({
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: diffIds },
  });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = json({
    schemaVersion: 2,
    mediaType,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers,
  });
  writeFileSync(`${directory}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(
    `${directory}/index.json`,
    JSON.stringify({
      schemaVersion: 2,
      manifests: [{ mediaType, ...manifest, annotations: { 'org.opencontainers.image.ref.name': 'latest' } }],
    }),
  );
  return directory;
}

function libraryFiles(bytes: number): string[] {
  const files: string[] = [];
  let sum = 0;
  for (const directory of ['usr/bin', 'usr/lib/x86_64-linux-gnu', 'usr/lib/aarch64-linux-gnu', 'usr/sbin']) {
    let entries: string[];
    try {
      entries = readdirSync(`/${directory}`);
    } catch {
      continue; // another architecture's
    }
    for (const entry of entries) {
      const path = `${directory}/${entry}`;
      const status = statSync(`/${path}`, { throwIfNoEntry: false });
      if (!status?.isFile() || status.size > 30e6) continue;
      files.push(path);
      sum += status.size;
      if (sum >= bytes) return files;
    }
  }
  throw new Error('the machine has too few files to make a large image of');
}

/** Peak of the summed resident memory of a command and all its live descendants, in bytes. */
function peak(file: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let highest = 0;
    let errors = '';
    child.stderr.on('data', (data: Buffer) => {
      errors += data.toString();
    });
    const sampling = setInterval(() => {
      highest = Math.max(highest, treeMemory(child.pid ?? 0));
    }, 10);
    child.on('close', (code) => {
      clearInterval(sampling);
      if (code === 0) resolve(highest);
      else reject(new Error(`exit ${code}: ${errors}`));
    });
  });
}

function treeMemory(root: number): number {
  const children = new Map<number, number[]>();
  const pages = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const fields = readFileSync(`/proc/${entry}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      const parent = Number(fields[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
      pages.set(Number(entry), Number(fields[21]));
    } catch {
      // Ended meanwhile.
    }
  }
  const sum = (pid: number): number =>
    (pages.get(pid) ?? 0) + (children.get(pid) ?? []).reduce((total, one) => total + sum(one), 0);
  return sum(root) * 4096;
}
