/** CRC-64 against the definition, bit by bit, over lengths and cuts around every block size of the implementation. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linux } from './native.ts';

const all = (1n << 64n) - 1n;

function bitByBit(data: Uint8Array): string {
  let crc = all;
  for (const byte of data) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0xd800000000000000n : crc >> 1n;
  }
  return (crc ^ all).toString(16).padStart(16, '0');
}

function inPieces(data: Uint8Array, ...cuts: number[]): string {
  const state = new Uint8Array(8);
  let at = 0;
  for (const cut of [...cuts, data.length]) {
    linux.crc64Update(state, data.subarray(at, cut));
    at = cut;
  }
  return Buffer.from(state).toString('hex');
}

const data = Uint8Array.from({ length: 5000 }, (_, n) => (n * n * 31 + (n >> 3)) & 0xff);

test('the check value of the catalogue', () => {
  assert.equal(inPieces(Buffer.from('123456789')), 'b90956c775a41001');
});

test('every length', () => {
  for (let length = 0; length < 400; length++) {
    assert.equal(inPieces(data.subarray(0, length)), bitByBit(data.subarray(0, length)), `${length} bytes`);
  }
});

test('every cut, from any alignment', () => {
  for (let start = 0; start < 20; start++) {
    const part = data.subarray(start, start + 700);
    const expected = bitByBit(part);
    for (const cut of [1, 15, 16, 17, 63, 64, 65, 127, 128, 129, 200, 511, 572]) {
      assert.equal(inPieces(part, cut), expected);
      assert.equal(inPieces(part, cut, 600, 601), expected);
    }
  }
  assert.equal(inPieces(data), bitByBit(data));
});
