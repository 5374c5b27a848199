/** Manifests as bytes with their digest. */
import { createHash } from 'node:crypto';
import { type Digest, digestAlgorithm } from '@lighter/spec/digest';
import { guessMediaType, MAX_MANIFEST_BYTES } from '@lighter/spec/manifest';
import { mediaTypes } from '@lighter/spec/media-types';
import type { RawManifest } from '@lighter/spec/oci-image';
import { ImageError } from './errors.ts';
import { schema1Payload } from './manifest/schema1.ts';

export function digestOf(bytes: Uint8Array, algorithm = 'sha256'): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` as Digest;
}

/** What registries call the manifest, whatever its format. */
export function manifestDigest(bytes: Uint8Array): Digest {
  return digestOf(digested(bytes, guessMediaType(bytes)));
}

/** Checks size and digest. `mediaType` is what the source says; '' leaves it to a guess. */
export function rawManifest(bytes: Uint8Array, mediaType: string, expected?: Digest): RawManifest {
  if (bytes.length > MAX_MANIFEST_BYTES)
    throw new ImageError('LIMIT_EXCEEDED', `manifest exceeds the maximum of ${MAX_MANIFEST_BYTES} bytes`);
  const known =
    mediaType === '' || mediaType === 'application/json' || mediaType === 'text/plain'
      ? guessMediaType(bytes)
      : mediaType;
  const digest = digestOf(digested(bytes, known), expected ? digestAlgorithm(expected) : 'sha256');
  if (expected !== undefined && digest !== expected) {
    throw new ImageError(
      'DIGEST_MISMATCH',
      `Manifest does not match provided manifest digest ${expected}: it has ${digest}`,
    );
  }
  return { bytes, mediaType: known, digest };
}

/** What the digest is about: of a manifest with signatures in it the text without them. */
function digested(bytes: Uint8Array, mediaType: string): Uint8Array {
  return mediaType === mediaTypes.dockerSchema1Signed && guessMediaType(bytes) === mediaType
    ? schema1Payload(bytes)
    : bytes;
}
