/** Sample images made by hand as OCI layouts, with none of the code under test. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { gzipSync } from 'node:zlib';
import { must, peer } from './command.js';

const sha256 = (data) => `sha256:${createHash('sha256').update(data).digest('hex')}`;
/** Makes a busybox image (a layer of about 2 MB) as an OCI layout in `directory`, which mustn't exist. */
export async function makeSample(directory, options = {}) {
  const blobs = `${directory}/blobs/sha256`;
  mkdirSync(blobs, { recursive: true });
  const compression = options.compression ?? 'gzip';
  const put = (data) => {
    const digest = sha256(data);
    writeFileSync(`${blobs}/${digest.slice(7)}`, data);
    return { digest, size: data.length };
  };
  const layers = [];
  const diffIds = [];
  const tree = mkdtempSync(`${directory}/tree-`);
  try {
    busyboxTree(tree, options.mark ?? '');
    for (let n = 0; n <= (options.extraLayers ?? 0); n++) {
      if (n > 0) {
        rmSync(tree, { recursive: true });
        mkdirSync(tree);
        writeFileSync(`${tree}/layer-${n}`, `${options.mark ?? ''} ${n}\n`);
      }
      await must(peer('tar'), [
        '--numeric-owner',
        '--owner=0',
        '--group=0',
        '--sort=name',
        '--mtime=@1700000000',
        '-C',
        tree,
        '-cf',
        `${directory}/layer.tar`,
        '.',
      ]);
      const tar = readFileSync(`${directory}/layer.tar`);
      diffIds.push(sha256(tar));
      let blob = tar;
      if (compression === 'gzip') blob = gzipSync(tar);
      if (compression === 'zstd') {
        await must(peer('zstd'), ['-q', '-f', `${directory}/layer.tar`, '-o', `${directory}/layer.tar.zst`]);
        blob = readFileSync(`${directory}/layer.tar.zst`);
      }
      const suffix = compression === 'none' ? '' : `+${compression}`;
      layers.push({ mediaType: `application/vnd.oci.image.layer.v1.tar${suffix}`, ...put(blob) });
    }
  } finally {
    rmSync(tree, { recursive: true, force: true });
    rmSync(`${directory}/layer.tar`, { force: true });
    rmSync(`${directory}/layer.tar.zst`, { force: true });
  }
  const config = put(
    Buffer.from(
      JSON.stringify({
        created: '2024-01-02T03:04:05Z',
        architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
        os: 'linux',
        config: options.config ?? { Cmd: ['sh'], Env: ['PATH=/usr/local/bin:/usr/bin:/bin'] },
        rootfs: { type: 'layers', diff_ids: diffIds },
        history: diffIds.map((_, n) => ({ created: '2024-01-02T03:04:05Z', created_by: `layer ${n}` })),
      }),
    ),
  );
  const manifest = put(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config },
        layers,
      }),
    ),
  );
  writeFileSync(`${directory}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(
    `${directory}/index.json`,
    JSON.stringify({
      schemaVersion: 2,
      manifests: [
        {
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          ...manifest,
          annotations: { 'org.opencontainers.image.ref.name': 'latest' },
        },
      ],
    }),
  );
  return { layout: `${directory}:latest`, manifestDigest: manifest.digest, configDigest: config.digest, diffIds };
}
function busyboxTree(tree, mark) {
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
  if (!busybox) throw new Error("busybox-static isn't installed: run 'npm run setup' first");
  for (const directory of ['bin', 'etc', 'tmp', 'root', 'proc', 'sys', 'dev', 'var']) mkdirSync(`${tree}/${directory}`);
  chmodSync(`${tree}/tmp`, 0o1777);
  copyFileSync(busybox, `${tree}/bin/busybox`);
  for (const applet of [
    'sh',
    'ls',
    'cat',
    'echo',
    'true',
    'false',
    'sleep',
    'id',
    'env',
    'mkdir',
    'rm',
    'touch',
    'ip',
    'hostname',
    'head',
    'seq',
    'kill',
    'ps',
    'stat',
    'wc',
    'dd',
    'nc',
    'httpd',
    'wget',
    'grep',
    'mount',
    'chmod',
    'chown',
    'ln',
    'pwd',
    'test',
    'stty',
    'tail',
    'sync',
    'trap',
  ]) {
    symlinkSync('busybox', `${tree}/bin/${applet}`);
  }
  writeFileSync(`${tree}/etc/passwd`, 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/tmp:/bin/sh\n');
  writeFileSync(`${tree}/etc/group`, 'root:x:0:\nuser:x:1000:\nextra:x:2000:user\n');
  writeFileSync(`${tree}/etc/mark`, `${mark}\n`);
}
/** Copies a layout into a registry with the distribution's skopeo. */
export async function pushSample(sample, reference) {
  await must(peer('skopeo'), [
    'copy',
    '--insecure-policy',
    '--dest-tls-verify=false',
    `oci:${sample.layout}`,
    `docker://${reference}`,
  ]);
}
//# sourceMappingURL=sample-image.js.map
