import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CopyEvent, copyProgress } from './copy-progress.ts';
import { TerminalBars } from './terminal-bars.ts';

const a = `sha256:${'a'.repeat(64)}`;
const b = `sha256:${'b'.repeat(64)}`;
const events: readonly CopyEvent[] = [
  { type: 'note', text: 'Getting image source signatures' },
  { type: 'blob-start', digest: a, size: 1000, kind: 'layer' },
  { type: 'blob-progress', digest: a, bytes: 500, size: 1000 },
  { type: 'blob-reused', digest: b, size: 7, kind: 'layer' },
  { type: 'blob-done', digest: a, size: 1000 },
  { type: 'note', text: 'Writing manifest to image destination' },
  { type: 'manifest', digest: b, mediaType: 'x' },
];

function record(options: { isTTY?: boolean; columns?: number; rows?: number } = {}) {
  const written: string[] = [];
  return { output: { ...options, write: (text: string) => void written.push(text) }, written };
}

test('lines where there is no terminal, nothing when quiet', () => {
  const { output, written } = record();
  const show = copyProgress(output, false, {});
  for (const event of events) show(event);
  assert.deepEqual(written, [
    'Getting image source signatures\n',
    `Copying blob ${a}\n`,
    `Copying blob ${b}\n`,
    'Writing manifest to image destination\n',
  ]);
  const quiet = record({ isTTY: true });
  for (const event of events) copyProgress(quiet.output, true, {})(event);
  assert.deepEqual(quiet.written, []);
});

test('the events themselves as JSON lines', () => {
  const { output, written } = record();
  const show = copyProgress(output, true, { LIGHTER_PROGRESS: 'json' });
  for (const event of events) show(event);
  assert.deepEqual(
    written.map((line) => JSON.parse(line)),
    events,
  );
  assert.throws(() => copyProgress(output, true, { LIGHTER_PROGRESS: 'yes' }), /auto, plain or json/);
});

/** What a terminal shows that understands the cursor going up and the screen being erased below it. */
function screen(texts: readonly string[]): string[] {
  let lines = [''];
  for (const part of texts.join('').split(/(\x1b\[\d*[AJ]|\r|\n)/)) {
    const up = /^\x1b\[(\d+)A$/.exec(part)?.[1];
    if (up) lines = lines.slice(0, lines.length - Number(up));
    else if (part === '\n') lines.push('');
    else if (part !== '\r' && part !== '\x1b[J') lines[lines.length - 1] = part;
  }
  return lines;
}

test('bars on a terminal, finished blobs above those on their way', () => {
  let now = 0;
  const { output, written } = record({ isTTY: true, columns: 80, rows: 24 });
  const bars = new TerminalBars(output, () => now);
  const shown: string[][] = [];
  for (const event of [{ type: 'blob-start', digest: b, size: -1, kind: 'layer' } as const, ...events]) {
    now += 1000;
    bars.show(event);
    shown.push(screen(written));
  }
  assert.deepEqual(shown[3], [
    'Getting image source signatures',
    'Copying blob bbbbbbbbbbbb 0 B',
    'Copying blob aaaaaaaaaaaa [============>             ] 500 B / 1 kB  500 B/s',
    '',
  ]);
  assert.deepEqual(shown.at(-1), [
    'Getting image source signatures',
    'Copying blob bbbbbbbbbbbb skipped: already exists',
    'Copying blob aaaaaaaaaaaa done   1 kB',
    'Writing manifest to image destination',
    '',
  ]);
  const narrow = record({ isTTY: true, columns: 30, rows: 24 });
  const cut = new TerminalBars(narrow.output, () => 0);
  for (const event of events.slice(0, 2)) cut.show(event);
  assert.ok(screen(narrow.written).every((line) => line.length < 30 || line.startsWith('Getting')));
});
