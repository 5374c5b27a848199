/** Docker's image manifest version 2, schema 1: read, digested, written and signed. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { type Digest, parseDigest } from '@lighter/spec/digest';
import { goJson } from '@lighter/spec/go-json';
import { ManifestError } from '@lighter/spec/manifest';

/** One entry of the history, with what is used of it. */
export interface V1Compatibility {
  readonly id: string;
  readonly parent?: string;
  readonly comment?: string;
  readonly created?: string;
  readonly container_config?: { readonly Cmd?: readonly string[] | null };
  readonly author?: string;
  /** There is no layer to it. */
  readonly throwaway?: boolean;
}

export interface Schema1Layer {
  readonly digest: Digest;
  readonly compatibility: V1Compatibility;
  /** The text that `compatibility` is in. */
  readonly text: string;
}

export interface Schema1Manifest {
  readonly name: string;
  readonly tag: string;
  readonly architecture: string;
  /** The base first, as in other manifests; on the wire it is last. */
  readonly layers: readonly Schema1Layer[];
}

const MAX_LAYERS = 10_000;

/** Throws ManifestError. */
export function parseSchema1(bytes: Uint8Array): Schema1Manifest {
  const json = parseObject(Buffer.from(bytes).toString(), 'manifest');
  const { schemaVersion, name = '', tag = '', architecture = '', fsLayers, history } = json;
  if (schemaVersion !== 1) throw new ManifestError(`unsupported schema version ${JSON.stringify(schemaVersion)}`);
  if (!Array.isArray(fsLayers) || !Array.isArray(history) || fsLayers.length === 0)
    throw new ManifestError('no FSLayers in manifest');
  if (fsLayers.length !== history.length)
    throw new ManifestError(`length of history not equal to number of layers: ${history.length} != ${fsLayers.length}`);
  if (fsLayers.length > MAX_LAYERS) throw new ManifestError(`the manifest has more than ${MAX_LAYERS} layers`);
  const layers = fsLayers.map((layer: { blobSum?: unknown } | null, index): Schema1Layer => {
    const text = (history[index] as { v1Compatibility?: unknown } | null)?.v1Compatibility;
    if (typeof layer?.blobSum !== 'string' || typeof text !== 'string')
      throw new ManifestError(`fsLayers[${index}] or history[${index}] is malformed`);
    const compatibility = parseObject(text, `history[${index}]`) as unknown as V1Compatibility;
    if (typeof compatibility.id !== 'string' || !/^[0-9a-f]{64}$/.test(compatibility.id))
      throw new ManifestError(`image ID ${JSON.stringify(compatibility.id)} is invalid`);
    return { digest: parseDigest(layer.blobSum), compatibility, text };
  });
  return {
    name: String(name),
    tag: String(tag),
    architecture: String(architecture),
    layers: withoutDuplicates(layers).reverse(),
  };
}

function parseObject(text: string, what: string): Record<string, unknown> {
  try {
    const json = JSON.parse(text);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json;
  } catch (error) {
    throw new ManifestError(`${what} isn't JSON: ${(error as Error).message}`, { cause: error });
  }
  throw new ManifestError(`${what} isn't a JSON object`);
}

/** Consecutive entries of one image count once; the chain of parents must be whole. Newest first. */
function withoutDuplicates(layers: readonly Schema1Layer[]): Schema1Layer[] {
  const kept = layers.filter((layer, index) => layer.compatibility.id !== layers[index - 1]?.compatibility.id);
  const ids = new Set(kept.map(({ compatibility }) => compatibility.id));
  if (ids.size !== kept.length) throw new ManifestError('an image ID is in the history more than once');
  for (const [index, { compatibility }] of kept.entries()) {
    const parent = kept[index + 1]?.compatibility.id ?? '';
    if ((compatibility.parent ?? '') !== parent)
      throw new ManifestError(`Invalid parent ID. Expected ${parent}, got ${compatibility.parent ?? ''}.`);
  }
  return kept;
}

/** What a signed manifest's digest is about: the text without its signatures. Throws ManifestError. */
export function schema1Payload(bytes: Uint8Array): Buffer {
  const { signatures } = parseObject(Buffer.from(bytes).toString(), 'manifest');
  const list = Array.isArray(signatures) ? (signatures as { protected?: unknown }[]) : [];
  const payloads = list.map(({ protected: text }) => {
    const decoded = Buffer.from(String(text), 'base64url').toString();
    const { formatLength, formatTail } = parseObject(decoded, 'protected header');
    const length = Number(formatLength);
    if (!Number.isSafeInteger(length) || length < 0 || length > bytes.length)
      throw new ManifestError('a signature is about more than the manifest');
    return Buffer.concat([bytes.subarray(0, length), Buffer.from(String(formatTail), 'base64url')]);
  });
  const [first] = payloads;
  if (!first) throw new ManifestError('no signatures in a signed manifest');
  if (payloads.some((payload) => !payload.equals(first))) throw new ManifestError('signatures disagree about the text');
  return first;
}

/** Writes and signs by a key made for the purpose: the signature proves nothing, but registries want one. */
export function signedSchema1(manifest: Schema1Manifest): Buffer {
  const { name, tag, architecture, layers } = manifest;
  const newest = layers.toReversed();
  const text = goJson({
    name,
    tag,
    architecture,
    fsLayers: newest.map(({ digest }) => ({ blobSum: digest })),
    history: newest.map((layer) => ({ v1Compatibility: layer.text })),
    schemaVersion: 1,
  });
  const start = text.slice(0, -1);
  const protectedHeader = Buffer.from(
    JSON.stringify({
      formatLength: Buffer.byteLength(start),
      formatTail: Buffer.from('}').toString('base64url'),
      time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    }),
  ).toString('base64url');
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signed = `${protectedHeader}.${Buffer.from(text).toString('base64url')}`;
  const { crv, x, y } = publicKey.export({ format: 'jwk' });
  const kid = keyId(publicKey.export({ format: 'der', type: 'spki' }));
  const signatures = [
    {
      header: { jwk: { crv, kid, kty: 'EC', x, y }, alg: 'ES256' },
      signature: sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString(
        'base64url',
      ),
      protected: protectedHeader,
    },
  ];
  return Buffer.from(`${start},"signatures":${goJson(signatures)}}`);
}

/** libtrust's: 240 bits of the key's sha256 in base32, in groups of four. */
function keyId(spki: Buffer): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...createHash('sha256').update(spki).digest().subarray(0, 30)]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  const letters = bits.replace(/.{5}/g, (five) => alphabet[Number.parseInt(five, 2)] ?? '');
  return (letters.match(/.{4}/g) ?? []).join(':');
}
