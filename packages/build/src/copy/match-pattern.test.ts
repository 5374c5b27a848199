import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patternExpression } from './match-pattern.ts';

test('matches as Go’s filepath.Match', () => {
  for (const [pattern, name, matches] of [
    ['*.txt', 'a.txt', true],
    ['*.txt', '.txt', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['[a-c]x', 'bx', true],
    ['[^a-c]x', 'bx', false],
    ['[^a-c]x', 'dx', true],
    ['[\\]a]', ']', true],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['a.b', 'axb', false],
    ['(a)', '(a)', true],
  ] as const) {
    assert.equal(patternExpression(pattern).test(name), matches, `${pattern} ${name}`);
  }
});

test('broken patterns are refused', () => {
  for (const pattern of ['[', '[]', '[a', 'a\\']) assert.throws(() => patternExpression(pattern), SyntaxError, pattern);
});
