import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration, parseDuration } from './duration.ts';

for (const [text, nanoseconds] of [
  ['1h15m30.5s', 4530.5e9],
  ['-300ms', -300e6],
  ['+1.5h', 5400e9],
  ['0', 0],
  ['.5s', 5e8],
  ['10us', 1e4],
  ['10µs', 1e4],
] as const) {
  test(`${text} is ${nanoseconds} ns`, () => assert.equal(parseDuration(text), nanoseconds));
}

for (const [text, message] of [
  ['', 'time: invalid duration ""'],
  ['h', 'time: invalid duration "h"'],
  ['5', 'time: missing unit in duration "5"'],
  ['1h2', 'time: missing unit in duration "1h2"'],
  ['5x', 'time: unknown unit "x" in duration "5x"'],
  ['1h 2m', 'time: unknown unit "h " in duration "1h 2m"'],
  ['999999999h', 'time: invalid duration "999999999h"'],
] as const) {
  test(`${JSON.stringify(text)} is no duration`, () => assert.throws(() => parseDuration(text), { message }));
}

test('durations are written as Go writes them, and read back', () => {
  for (const text of [
    '0s',
    '1ns',
    '1.5µs',
    '300ms',
    '1s',
    '1m0s',
    '1h0m0s',
    '1h15m30.5s',
    '-2m3s',
    '100h0m0.000000001s',
  ])
    assert.equal(formatDuration(parseDuration(text)), text);
});
