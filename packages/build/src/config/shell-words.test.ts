import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shellWords } from './shell-words.ts';

test('quotes and backslashes count, nothing is run', () => {
  assert.deepEqual(shellWords('  a  "b c" \'d "e\' f\\ g ""'), ['a', 'b c', 'd "e', 'f g', '']);
  assert.deepEqual(shellWords('"a\\"b" $X `y`'), ['a"b', '$X', '`y`']);
  assert.deepEqual(shellWords(''), []);
});

test('an open quote is refused', () => {
  assert.throws(() => shellWords('a "b'), { code: 'INVALID' });
  assert.throws(() => shellWords('a\\'), { code: 'INVALID' });
});
