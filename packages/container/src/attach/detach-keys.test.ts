import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DetachFilter, parseDetachKeys } from './detach-keys.ts';

test('sequences', () => {
  assert.deepEqual([...parseDetachKeys('ctrl-p,ctrl-q')], [16, 17]);
  assert.deepEqual([...parseDetachKeys('ctrl-@,ctrl-[,ctrl-_,a')], [0, 27, 31, 97]);
  assert.deepEqual([...parseDetachKeys('')], []);
  assert.throws(() => parseDetachKeys('ctrl-1'), { code: 'INVALID' });
  assert.throws(() => parseDetachKeys('ab'), { code: 'INVALID' });
});

function feed(keys: string, ...chunks: string[]): { text: string; detached: boolean } {
  const filter = new DetachFilter(parseDetachKeys(keys));
  let text = '';
  for (const chunk of chunks) {
    const { data, detach } = filter.push(Buffer.from(chunk, 'latin1'));
    text += Buffer.from(data).toString('latin1');
    if (detach) return { text, detached: true };
  }
  return { text, detached: false };
}

test('what is typed goes through, but for the whole sequence', () => {
  assert.deepEqual(feed('ctrl-p,ctrl-q', 'abc\x10\x11def'), { text: 'abc', detached: true });
  assert.deepEqual(feed('ctrl-p,ctrl-q', 'a\x10', '\x11'), { text: 'a', detached: true });
  assert.deepEqual(feed('ctrl-p,ctrl-q', 'a\x10', 'b\x11'), { text: 'a\x10b\x11', detached: false });
  assert.deepEqual(feed('ctrl-p,ctrl-q', '\x10\x10\x11'), { text: '\x10', detached: true });
  assert.deepEqual(feed('', 'a\x10\x11'), { text: 'a\x10\x11', detached: false });
});
