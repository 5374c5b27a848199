/**
 * Manifests and lists as untrusted input: type, shape and bounds are checked before anything in them is used (OCI
 * image-spec manifest.md and image-index.md; Docker image manifest version 2, schema 2).
 */
import type { Descriptor, Platform } from './blob.ts';
import { parseDigest } from './digest.ts';
import { mediaTypes } from './media-types.ts';
import type { ImageIndex, ImageManifest } from './oci-image.ts';

export class ManifestError extends Error {
  override readonly name = 'ManifestError';
  readonly code = 'MANIFEST_INVALID';
}

/** Largest manifest that is read, in bytes. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
const MAX_ENTRIES = 10_000;

const singleTypes: readonly string[] = [mediaTypes.ociManifest, mediaTypes.dockerManifest];
const listTypes: readonly string[] = [mediaTypes.ociIndex, mediaTypes.dockerManifestList];

export function isListType(mediaType: string): boolean {
  return listTypes.includes(mediaType);
}

export function isImageType(mediaType: string): boolean {
  return singleTypes.includes(mediaType);
}

/** Docker's first format, with or without signatures of its own. */
export function isSchema1Type(mediaType: string): boolean {
  return mediaType === mediaTypes.dockerSchema1 || mediaType === mediaTypes.dockerSchema1Signed;
}

export function isDockerType(mediaType: string): boolean {
  return mediaType === mediaTypes.dockerManifest || mediaType === mediaTypes.dockerManifestList;
}

/** Type of a manifest by its content, '' when it can't be told (image: manifest.GuessMIMEType). */
export function guessMediaType(bytes: Uint8Array): string {
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return '';
  }
  if (typeof json !== 'object' || json === null) return '';
  const own = json['mediaType'];
  if (typeof own === 'string' && (singleTypes.includes(own) || listTypes.includes(own))) return own;
  if (json['schemaVersion'] === 1)
    return json['signatures'] ? mediaTypes.dockerSchema1Signed : mediaTypes.dockerSchema1;
  if (json['schemaVersion'] !== 2) return '';
  const config = (json['config'] as { mediaType?: unknown } | null | undefined)?.mediaType;
  if (config === mediaTypes.ociConfig) return mediaTypes.ociManifest;
  if (config === mediaTypes.dockerConfig) return mediaTypes.dockerManifest;
  if (Array.isArray(json['manifests']) && json['manifests'].length > 0) return mediaTypes.ociIndex;
  return mediaTypes.ociManifest;
}

/** Parses the manifest of one image. Throws {@link ManifestError}. */
export function parseManifest(bytes: Uint8Array, mediaType: string): ImageManifest {
  const json = parse(bytes);
  unambiguous(json, ['config', 'layers'], mediaType);
  const layers = list(json['layers'], 'layers');
  return {
    ...(json as unknown as ImageManifest),
    config: descriptor(json['config'], 'config'),
    layers: layers.map((layer, index) => descriptor(layer, `layers[${index}]`)),
  };
}

/** Parses an index or a manifest list. Throws {@link ManifestError}. */
export function parseIndex(bytes: Uint8Array, mediaType: string): ImageIndex {
  const json = parse(bytes);
  unambiguous(json, ['manifests'], mediaType);
  const manifests = list(json['manifests'], 'manifests');
  return {
    ...(json as unknown as ImageIndex),
    manifests: manifests.map((entry, index) => descriptor(entry, `manifests[${index}]`)),
  };
}

function parse(bytes: Uint8Array): Record<string, unknown> {
  if (bytes.length > MAX_MANIFEST_BYTES)
    throw new ManifestError(`manifest exceeds the maximum of ${MAX_MANIFEST_BYTES} bytes`);
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString());
  } catch (error) {
    throw new ManifestError(`manifest isn't JSON: ${(error as Error).message}`, { cause: error });
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new ManifestError("manifest isn't a JSON object");
  return json as Record<string, unknown>;
}

/**
 * One document must not be read as two things (CVE-2021-41190). Go matches keys without case, so a key that differs
 * from a known one only by case counts too.
 */
function unambiguous(json: Record<string, unknown>, allowed: readonly string[], mediaType: string): void {
  const unexpected = Object.keys(json).filter((key) => {
    if (json[key] === null || json[key] === undefined) return false;
    const known = ['config', 'fslayers', 'history', 'layers', 'manifests'].includes(key.toLowerCase());
    return known && !allowed.includes(key);
  });
  if (unexpected.length > 0) {
    throw new ManifestError(
      `rejecting ambiguous manifest, unexpected fields ${JSON.stringify(unexpected)} in supposedly ${mediaType}`,
    );
  }
}

function list(value: unknown, where: string): unknown[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new ManifestError(`${where} isn't a list`);
  if (value.length > MAX_ENTRIES) throw new ManifestError(`${where} has more than ${MAX_ENTRIES} entries`);
  return value;
}

function descriptor(value: unknown, where: string): Descriptor {
  if (typeof value !== 'object' || value === null) throw new ManifestError(`${where} isn't a descriptor`);
  const { mediaType, digest, size, platform, annotations, urls } = value as Record<string, unknown>;
  if (mediaType !== undefined && typeof mediaType !== 'string')
    throw new ManifestError(`${where}.mediaType isn't a text`);
  if (typeof digest !== 'string') throw new ManifestError(`${where}.digest is missing`);
  if (!Number.isSafeInteger(size) || Number(size) < 0) throw new ManifestError(`${where}.size isn't a number of bytes`);
  if (platform !== undefined && platform !== null) checkPlatform(platform, `${where}.platform`);
  if (
    annotations !== undefined &&
    annotations !== null &&
    (typeof annotations !== 'object' || Array.isArray(annotations))
  ) {
    throw new ManifestError(`${where}.annotations isn't a map`);
  }
  if (urls !== undefined && urls !== null && !Array.isArray(urls))
    throw new ManifestError(`${where}.urls isn't a list`);
  let parsed: ReturnType<typeof parseDigest>;
  try {
    parsed = parseDigest(digest);
  } catch (error) {
    throw new ManifestError(`${where}.digest: ${(error as Error).message}`, { cause: error });
  }
  return { ...(value as Descriptor), mediaType: mediaType ?? '', digest: parsed, size: Number(size) };
}

function checkPlatform(value: unknown, where: string): void {
  const { os, architecture, variant } = value as Partial<Platform>;
  if (typeof value !== 'object' || typeof os !== 'string' || typeof architecture !== 'string') {
    throw new ManifestError(`${where} has no os or architecture`);
  }
  if (variant !== undefined && typeof variant !== 'string') throw new ManifestError(`${where}.variant isn't a text`);
}
