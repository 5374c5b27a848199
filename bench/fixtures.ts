/**
 * Images to measure with, made of this machine's own system directories (realistic content, not zeroes), once, and
 * kept in $LIGHTER_BENCH_CACHE (default /var/tmp/lighter-bench) as OCI layouts.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { makeSample } from '../test/support/sample-image.ts';

const cache = process.env['LIGHTER_BENCH_CACHE'] ?? '/var/tmp/lighter-bench';
const MiB = 1 << 20;

export type FixtureName = 'tiny' | 'big' | 'big-zstd' | 'small-files';

/** Path of the fixture's OCI layout (tag `latest`), made now if it isn't there. */
export async function fixture(name: FixtureName): Promise<string> {
  const directory = `${cache}/${name}`;
  if (existsSync(`${directory}/index.json`)) return directory;
  const making = `${directory}.making-${process.pid}`;
  mkdirSync(cache, { recursive: true });
  process.stderr.write(`making the fixture ${name} in ${cache} (once)\n`);
  try {
    if (name === 'tiny') await makeSample(making, { mark: 'bench' });
    else await makeLayout(making, fileLists(name), name === 'big-zstd' ? 'zstd' : 'gzip');
    renameSync(making, directory);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return directory;
}

/** For each layer the files it is made of, as paths below /. */
function fileLists(name: FixtureName): string[][] {
  if (name === 'small-files') return [collect({ files: 30_000, bytes: Infinity, maxFile: 8192 })];
  const all = collect({ files: Infinity, bytes: 1400 * MiB, maxFile: 200 * MiB });
  const layers: string[][] = [[], [], [], [], []];
  // Whole runs of neighbouring files, so that a layer looks like a package and not like a sample.
  const share = 280 * MiB;
  let layer = 0;
  let filled = 0;
  for (const path of all) {
    if (filled > share && layer < 4) {
      layer++;
      filled = 0;
    }
    layers[layer]?.push(path);
    filled += statSync(`/${path}`).size;
  }
  return layers;
}

function collect(limit: { files: number; bytes: number; maxFile: number }): string[] {
  const paths: string[] = [];
  let bytes = 0;
  const walk = (directory: string): boolean => {
    let entries: ReturnType<typeof listDirectory>;
    try {
      entries = listDirectory(`/${directory}`);
    } catch {
      return true; // not readable: not part of the fixture
    }
    for (const entry of entries) {
      const path = `${directory}/${entry.name}`;
      if (entry.isDirectory() && !walk(path)) return false;
      if (!entry.isFile()) continue;
      const size = statSync(`/${path}`).size;
      if (size > limit.maxFile) continue;
      paths.push(path);
      bytes += size;
      if (paths.length >= limit.files || bytes >= limit.bytes) return false;
    }
    return true;
  };
  for (const directory of ['usr/lib', 'usr/bin', 'usr/share', 'usr/include', 'usr/local', 'opt', 'root']) {
    if (existsSync(`/${directory}`) && !walk(directory)) break;
  }
  return paths;
}

function listDirectory(path: string) {
  return readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function makeLayout(directory: string, layers: string[][], compression: 'gzip' | 'zstd'): Promise<void> {
  const blobs = `${directory}/blobs/sha256`;
  mkdirSync(blobs, { recursive: true });
  const descriptors: object[] = [];
  const diffIds: string[] = [];
  const compressor = compression === 'gzip' ? ['gzip', '-6', '-c'] : ['zstd', '-3', '-q', '-c'];
  for (const [index, paths] of layers.entries()) {
    const tar = `${directory}/layer-${index}.tar`;
    shell('tar', ['-C', '/', '--numeric-owner', '--no-recursion', '--null', '-T', '-', '-cf', tar], paths.join('\0'));
    diffIds.push(await digestOf(tar));
    const packed = `${tar}.packed`;
    shell('sh', ['-c', `${compressor.join(' ')} "$1" > "$2"`, 'sh', tar, packed]);
    descriptors.push({
      mediaType: `application/vnd.oci.image.layer.v1.tar+${compression}`,
      ...(await keep(packed, blobs)),
    });
    rmSync(tar);
  }
  const json = async (value: object) => {
    const path = `${directory}/document`;
    writeFileSync(path, JSON.stringify(value));
    return keep(path, blobs);
  };
  const config = await json({
    created: '2024-01-02T03:04:05Z',
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: { Cmd: ['true'] },
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: diffIds.map(() => ({ created: '2024-01-02T03:04:05Z', created_by: 'bench' })),
  });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = await json({
    schemaVersion: 2,
    mediaType,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
    layers: descriptors,
  });
  writeFileSync(`${directory}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(
    `${directory}/index.json`,
    JSON.stringify({
      schemaVersion: 2,
      manifests: [{ mediaType, ...manifest, annotations: { 'org.opencontainers.image.ref.name': 'latest' } }],
    }),
  );
}

async function keep(path: string, blobs: string): Promise<{ digest: string; size: number }> {
  const digest = await digestOf(path);
  const size = statSync(path).size;
  renameSync(path, `${blobs}/${digest.slice(7)}`);
  return { digest, size };
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: MiB })) hash.update(chunk);
  return `sha256:${hash.digest('hex')}`;
}

function shell(file: string, args: readonly string[], input?: string): void {
  const result = spawnSync(file, args, {
    ...(input === undefined ? {} : { input }),
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  if (result.status !== 0) throw new Error(`${file} ${args.join(' ')}: exit ${result.status}`);
}
