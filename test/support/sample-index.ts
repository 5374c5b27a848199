/** Lists of sample images, and an artifact, as OCI layouts made by hand. */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { makeSample } from './sample-image.ts';

const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
const ociIndex = 'application/vnd.oci.image.index.v1+json';

export interface SampleIndex {
  /** `PATH:latest`, to be used behind `oci:`. */
  readonly layout: string;
  readonly digest: string;
  /** By `architecture/variant`. */
  readonly manifests: Readonly<Record<string, string>>;
}

const platforms = [
  { architecture: 'amd64', os: 'linux' },
  { architecture: 'arm64', os: 'linux', variant: 'v8' },
  { architecture: 'arm', os: 'linux', variant: 'v7' },
];

/** An index of three images for different platforms. */
export async function makeIndex(directory: string): Promise<SampleIndex> {
  const manifests: Record<string, string> = {};
  const entries: object[] = [];
  mkdirSync(`${directory}/blobs`, { recursive: true });
  for (const platform of platforms) {
    const name = [platform.architecture, platform.variant].filter(Boolean).join('/');
    const part = `${directory}.part`;
    const { manifestDigest } = await makeSample(part, { mark: name });
    cpSync(`${part}/blobs`, `${directory}/blobs`, { recursive: true });
    const { size } = readManifest(part, manifestDigest);
    rmSync(part, { recursive: true });
    manifests[name] = manifestDigest;
    entries.push({ mediaType: ociManifest, digest: manifestDigest, size, platform });
  }
  const index = { schemaVersion: 2, mediaType: ociIndex, manifests: entries, annotations: { made: 'by hand' } };
  return { ...putTop(directory, ociIndex, index), manifests };
}

/** What is no image: a text with a configuration of its own type. */
export function makeArtifact(directory: string): { readonly layout: string; readonly digest: string } {
  const config = putBlob(directory, Buffer.from('{"not":"an image"}'));
  const text = putBlob(directory, Buffer.from('a text, and no archive'));
  return putTop(directory, ociManifest, {
    schemaVersion: 2,
    mediaType: ociManifest,
    artifactType: 'application/vnd.example.thing',
    config: { mediaType: 'application/vnd.example.config+json', ...config },
    layers: [{ mediaType: 'text/plain', ...text, annotations: { 'org.opencontainers.image.title': 'text.txt' } }],
  });
}

function readManifest(layout: string, digest: string): { size: number } {
  return { size: readFileSync(`${layout}/blobs/sha256/${digest.slice(7)}`).length };
}

function putBlob(layout: string, bytes: Buffer): { digest: string; size: number } {
  const hex = createHash('sha256').update(bytes).digest('hex');
  mkdirSync(`${layout}/blobs/sha256`, { recursive: true });
  writeFileSync(`${layout}/blobs/sha256/${hex}`, bytes);
  return { digest: `sha256:${hex}`, size: bytes.length };
}

function putTop(layout: string, mediaType: string, top: object): { layout: string; digest: string } {
  const blob = putBlob(layout, Buffer.from(JSON.stringify(top)));
  const annotations = { 'org.opencontainers.image.ref.name': 'latest' };
  writeFileSync(`${layout}/oci-layout`, '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(
    `${layout}/index.json`,
    JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, ...blob, annotations }] }),
  );
  return { layout: `${layout}:latest`, digest: blob.digest };
}
