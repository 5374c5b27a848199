import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { test } from 'node:test';
import { sha256Digest } from '@lighter/spec/digest';
import { guessMediaType } from '@lighter/spec/manifest';
import { mediaTypes } from '@lighter/spec/media-types';
import { digestOf, manifestDigest, rawManifest } from '../raw-manifest.ts';
import { parseSchema1, type Schema1Manifest, schema1Payload, signedSchema1 } from './schema1.ts';

const id = (letter: string) => letter.repeat(64);
const layer = (letter: string, parent?: string) => {
  const compatibility = { id: id(letter), ...(parent ? { parent: id(parent) } : {}) };
  return { digest: sha256Digest(id(letter)), compatibility, text: JSON.stringify(compatibility) };
};
const manifest: Schema1Manifest = {
  name: 'some/name',
  tag: 'tag',
  architecture: 'amd64',
  layers: [layer('a'), layer('b', 'a')],
};

test('what is written is signed, and its digest is about the text without the signature', () => {
  const bytes = signedSchema1(manifest);
  assert.equal(guessMediaType(bytes), mediaTypes.dockerSchema1Signed);
  assert.deepEqual(parseSchema1(bytes), manifest);
  const payload = schema1Payload(bytes);
  assert.deepEqual(Object.keys(JSON.parse(payload.toString())).at(-1), 'schemaVersion');
  assert.equal(manifestDigest(bytes), digestOf(payload));
  assert.equal(rawManifest(bytes, '', digestOf(payload)).digest, digestOf(payload));

  const [{ header, signature, protected: head }] = JSON.parse(bytes.toString()).signatures;
  const key = createPublicKey({ key: header.jwk, format: 'jwk' });
  const signed = Buffer.from(`${head}.${payload.toString('base64url')}`);
  const raw = Buffer.from(signature, 'base64url');
  assert.ok(verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, raw));
  assert.match(header.jwk.kid, /^(?:[A-Z2-7]{4}:){11}[A-Z2-7]{4}$/);
});

test('entries of one image count once', () => {
  const twice = { ...manifest, layers: [layer('a'), layer('b', 'a'), layer('b', 'a')] };
  assert.equal(parseSchema1(signedSchema1(twice)).layers.length, 2);
});

test('broken manifests are refused', () => {
  const text = (change: (json: Record<string, unknown>) => void) => {
    const json = JSON.parse(schema1Payload(signedSchema1(manifest)).toString());
    change(json);
    return Buffer.from(JSON.stringify(json));
  };
  const cases: readonly (readonly [Buffer, RegExp])[] = [
    [text((json) => Object.assign(json, { schemaVersion: 2 })), /unsupported schema version/],
    [text((json) => Object.assign(json, { fsLayers: [] })), /no FSLayers/],
    [text((json) => Object.assign(json, { history: [] })), /length of history/],
    [text((json) => Object.assign(json, { fsLayers: [{ blobSum: '../../x' }, { blobSum: 'y' }] })), /invalid digest/],
    [signedSchema1({ ...manifest, layers: [layer('a'), layer('b', 'c')] }), /Invalid parent ID/],
    [signedSchema1({ ...manifest, layers: [layer('a'), layer('b', 'a'), layer('a', 'b')] }), /more than once/],
    [Buffer.from('[]'), /JSON object/],
  ];
  for (const [bytes, problem] of cases) assert.throws(() => parseSchema1(bytes), problem);
});

test('signatures that lie about the text are refused', () => {
  const json = JSON.parse(signedSchema1(manifest).toString());
  const withHead = (head: object) => {
    const changed = { ...json, signatures: [{ protected: Buffer.from(JSON.stringify(head)).toString('base64url') }] };
    return Buffer.from(JSON.stringify(changed));
  };
  assert.throws(() => schema1Payload(withHead({ formatLength: 10_000_000, formatTail: '' })), /more than the manifest/);
  assert.throws(() => schema1Payload(withHead({ formatLength: -1, formatTail: '' })), /more than the manifest/);
  assert.throws(() => schema1Payload(Buffer.from('{"signatures":[]}')), /no signatures/);
  const two = {
    ...json,
    signatures: [
      ...json.signatures,
      { protected: Buffer.from('{"formatLength":1,"formatTail":""}').toString('base64url') },
    ],
  };
  assert.throws(() => schema1Payload(Buffer.from(JSON.stringify(two))), /disagree/);
});
