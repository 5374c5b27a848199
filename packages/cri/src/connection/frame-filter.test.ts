import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameFilter } from './frame-filter.ts';

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const authority = Buffer.concat([Buffer.from([0x41, 4]), Buffer.from('/a/b')]);
const valid = Buffer.concat([Buffer.from([0x41, 4]), Buffer.from('.a.b')]);

function frame(type: number, flags: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(1, 5);
  return Buffer.concat([header, payload]);
}

const settings = frame(4, 0, Buffer.alloc(0));
const data = frame(0, 1, Buffer.from('body with 41 / in it'));

function filtered(bytes: Buffer, size: number): Buffer {
  const filter = new FrameFilter();
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size)
    pieces.push(...filter.push(Buffer.from(bytes.subarray(at, at + size))));
  return Buffer.concat(pieces);
}

for (const [name, sent, expected] of [
  ['one frame', frame(1, 4, authority), frame(1, 4, valid)],
  [
    'with padding and priority',
    frame(1, 4 | 8 | 32, Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 16]), authority, Buffer.alloc(2)])),
    frame(1, 4 | 8 | 32, Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 16]), valid, Buffer.alloc(2)])),
  ],
  [
    'continued',
    Buffer.concat([
      frame(1, 0, authority.subarray(0, 3)),
      frame(9, 0, authority.subarray(3, 4)),
      frame(9, 4, authority.subarray(4)),
    ]),
    Buffer.concat([
      frame(1, 0, valid.subarray(0, 3)),
      frame(9, 0, valid.subarray(3, 4)),
      frame(9, 4, valid.subarray(4)),
    ]),
  ],
] as const) {
  test(`headers ${name} are repaired, however the bytes come`, () => {
    const before = Buffer.concat([preface, settings, sent, data, sent]);
    const after = Buffer.concat([preface, settings, expected, data, expected]);
    for (const size of [1, 2, 7, 100, before.length])
      assert.equal(filtered(before, size).toString('hex'), after.toString('hex'));
  });
}

test('data goes on at once, not only when its frame is complete', () => {
  const filter = new FrameFilter();
  filter.push(preface);
  assert.equal(Buffer.concat(filter.push(data.subarray(0, 12))).length, 12);
  assert.equal(filter.prefaced, true);
});

for (const [name, bytes] of [
  ['HTTP/1', Buffer.from('GET /info HTTP/1.1\r\n\r\n')],
  ['a header block that is interrupted', Buffer.concat([preface, frame(1, 0, authority), settings])],
  [
    'a header block without an end',
    Buffer.concat([
      preface,
      frame(1, 0, authority),
      ...Array.from({ length: 9 }, () => frame(9, 0, Buffer.alloc(16384))),
    ]),
  ],
  ['a header frame that is far too large', Buffer.concat([preface, Buffer.from([0xff, 0xff, 0xff, 1, 4, 0, 0, 0, 1])])],
] as const) {
  test(`${name} is refused`, () => {
    assert.throws(() => filtered(bytes, 1000), { name: 'ProtocolError', code: 'PROTOCOL_ERROR' });
  });
}
