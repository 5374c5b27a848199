/**
 * Content digests (OCI image-spec, descriptor.md, "Digests").
 *
 * A digest names bytes as `algorithm:hex`. Only algorithms whose hex length is known are accepted, so that a
 * digest that passed {@link parseDigest} can be used as a file name or a key without further checks.
 */
export type Digest = string & { readonly __digest: unique symbol };

const hexLength: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/** Thrown when a text isn't a digest of a known algorithm. */
export class DigestError extends Error {
  override readonly name = 'DigestError';
  readonly code = 'DIGEST_INVALID';
}

/** Whether `text` is a digest of a known algorithm with exactly the right number of lower-case hex digits. */
export function isDigest(text: string): text is Digest {
  const colon = text.indexOf(':');
  const length = hexLength[text.slice(0, colon)];
  const hex = text.slice(colon + 1);
  return colon > 0 && length === hex.length && /^[0-9a-f]+$/.test(hex);
}

/** Checks a text from outside. Throws {@link DigestError}. */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) throw new DigestError(`invalid digest ${JSON.stringify(text.slice(0, 200))}`);
  return text;
}

/** `sha256` of `sha256:…`. */
export function digestAlgorithm(digest: Digest): string {
  return digest.slice(0, digest.indexOf(':'));
}

/** The hex digits behind the colon. */
export function digestHex(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/** The digest whose sha256 sum is `hex` (64 lower-case digits). */
export function sha256Digest(hex: string): Digest {
  return parseDigest(`sha256:${hex}`);
}
