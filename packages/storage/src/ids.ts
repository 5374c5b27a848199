/** Ids of layers, images and containers: 64 lower-case hex digits. */
import { randomBytes } from '@lighter/linux/random';
import { type Digest, digestHex } from '@lighter/spec/digest';
import { StorageError } from './errors.ts';

export function isId(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** Checks an id before it becomes part of a path. */
export function checkId(text: string): string {
  if (!isId(text)) throw new StorageError('ID_INVALID', `invalid ID ${JSON.stringify(text.slice(0, 100))}`);
  return text;
}

/** A new id. The first twelve digits never look like a number, which other tools would take for one. */
export function randomId(): string {
  for (;;) {
    const id = randomBytes(32).toString('hex');
    if (!/^\d{12}/.test(id)) return id;
  }
}

/** Id of an image's layer on top of another, from diff ids alone (storage: not the OCI ChainID: joined by `+`, hex only). */
export function layerId(diffDigest: Digest, parent: string | undefined): string {
  const hex = digestHex(diffDigest);
  return parent === undefined ? hex : sha256Hex(`${parent}+${hex}`);
}

/** Loaded when a layer is put: most commands hash nothing. */
function sha256Hex(text: string): string {
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(text).digest('hex');
}

/**
 * The one element that `text` names: exact id, then a name, then a unique prefix of an id. undefined when none or several fit.
 */
export function lookUp<T extends { readonly id: string; readonly names?: readonly string[] | undefined }>(
  all: readonly T[],
  text: string,
): T | undefined {
  const exact = all.find((one) => one.id === text) ?? all.find((one) => one.names?.includes(text));
  if (exact || !/^[0-9a-f]+$/.test(text)) return exact;
  const byPrefix = all.filter((one) => one.id.startsWith(text));
  return byPrefix.length === 1 ? byPrefix[0] : undefined;
}
