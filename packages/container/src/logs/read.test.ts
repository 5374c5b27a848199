import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { timeNanoseconds } from './line.ts';
import { type LogOptions, readLog } from './read.ts';

const stamp = (second: number) => `2026-01-02T03:04:${String(second).padStart(2, '0')}.123456789+01:00`;

function file(context: TestContext, content: string): string {
  const directory = mkdtempSync('/dev/shm/lighter-log-');
  context.after(() => rmSync(directory, { recursive: true }));
  writeFileSync(`${directory}/ctr.log`, content);
  return `${directory}/ctr.log`;
}

async function read(path: string, options: LogOptions = {}): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readLog(path, options))
    lines.push(`${line.partial ? 'P' : 'F'} ${Buffer.from(line.message)}`);
  return lines;
}

test('lines with spaces, empty ones, partial ones and rubbish', async (context) => {
  const path = file(
    context,
    `${stamp(1)} stdout F a b  c\n${stamp(2)} stderr F \nrubbish\n${stamp(3)} stdout P par\n${stamp(3)} stdout F t\n`,
  );
  assert.deepEqual(await read(path), ['F a b  c', 'F ', 'P par', 'F t']);
});

test('a log that is not there is empty', async () => {
  assert.deepEqual(await read('/dev/shm/lighter-no-such-log'), []);
});

test('tail counts a line written in parts once', async (context) => {
  const path = file(
    context,
    `${stamp(1)} stdout F one\n${stamp(2)} stdout P tw\n${stamp(2)} stdout F o\n${stamp(3)} stdout F three\n`,
  );
  assert.deepEqual(await read(path, { tail: 0 }), []);
  assert.deepEqual(await read(path, { tail: 1 }), ['F three']);
  assert.deepEqual(await read(path, { tail: 2 }), ['P tw', 'F o', 'F three']);
  assert.deepEqual(await read(path, { tail: 3 }), ['F one', 'P tw', 'F o', 'F three']);
  assert.deepEqual(await read(path, { tail: 99 }), ['F one', 'P tw', 'F o', 'F three']);
});

test('tail of a log that ends without a newline in its message', async (context) => {
  const path = file(context, `${stamp(1)} stdout F one\n${stamp(2)} stdout P end\n`);
  assert.deepEqual(await read(path, { tail: 1 }), ['P end']);
  assert.deepEqual(await read(path, { tail: 2 }), ['F one', 'P end']);
});

test('tail over many blocks equals the end of the whole', async (context) => {
  const path = file(
    context,
    Array.from({ length: 5000 }, (_, n) => `${stamp(n % 60)} stdout F ${n} ${'x'.repeat(n % 300)}\n`).join(''),
  );
  const all = await read(path);
  for (const count of [1, 100, 777, 4999, 5000]) assert.deepEqual(await read(path, { tail: count }), all.slice(-count));
});

test('since and until', async (context) => {
  const path = file(context, [1, 2, 3].map((second) => `${stamp(second)} stdout F ${second}\n`).join(''));
  const at = (second: number) => new Date(`2026-01-02T03:04:${String(second).padStart(2, '0')}+01:00`);
  assert.deepEqual(await read(path, { since: at(2) }), ['F 2', 'F 3']);
  assert.deepEqual(await read(path, { until: at(3) }), ['F 1', 'F 2']);
  assert.equal(timeNanoseconds('2026-01-02T02:04:01.5Z') % 1_000_000_000n, 500_000_000n);
});

test('following reads what is written later, and the file that takes its place', async (context) => {
  const path = file(context, `${stamp(1)} stdout F 1\n`);
  const seen: string[] = [];
  let ended = false;
  for await (const line of readLog(path, { follow: { ended: () => ended } })) {
    const text = Buffer.from(line.message).toString();
    seen.push(text);
    if (text === '1') appendFileSync(path, `${stamp(2)} stdout F 2\n`);
    if (text === '2') {
      // As conmon does when the log has reached its greatest size.
      rmSync(path);
      writeFileSync(path, `${stamp(3)} stdout F 3\n`);
    }
    if (text === '3') ended = true;
  }
  assert.deepEqual(seen, ['1', '2', '3']);
});
