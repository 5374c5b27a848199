import assert from 'node:assert/strict';
import { test } from 'node:test';
import { versionTest } from './semver.ts';

const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['>= 3.12.0', ['3.12.0', 'v3.12.1', '4'], ['3.11.9', 'latest', '3.13.0-rc1', 'edge']],
  ['>= 1.2, < 2', ['1.2.0', '1.99.99'], ['1.1.9', '2.0.0']],
  ['>=1.2 <2', ['1.5'], ['2.0']],
  ['^1.2.3', ['1.2.3', '1.9.0'], ['1.2.2', '2.0.0']],
  ['^0.2.3', ['0.2.3', '0.2.9'], ['0.3.0']],
  ['^0.0.3', ['0.0.3'], ['0.0.4']],
  ['^0.0', ['0.0.9'], ['0.1.0']],
  ['~1.2.3', ['1.2.3', '1.2.9'], ['1.3.0']],
  ['~1', ['1.9.0'], ['2.0.0']],
  ['1.2.x', ['1.2.0', '1.2.7'], ['1.3.0']],
  ['*', ['0.0.1', '9.9.9'], ['latest']],
  ['1.2', ['1.2.0', '1.2.5'], ['1.3.0']],
  ['> 1.2', ['1.3.0', '2.0'], ['1.2.9', '1.2.0']],
  ['<= 1.2', ['1.2.9', '1.0.0'], ['1.3.0']],
  ['1.2 - 1.4.5', ['1.2.0', '1.4.5'], ['1.4.6', '1.1.9']],
  ['!= 1.2.3', ['1.2.4'], ['1.2.3']],
  ['~1.1 || ^3', ['1.1.5', '3.4.5'], ['1.2.0', '2.0.0', '4.0.0']],
  ['>= 1.0.0-0', ['1.0.0-rc.1', '1.0.0'], ['0.9.9']],
  ['> 1.0.0-alpha.1', ['1.0.0-alpha.2', '1.0.0-beta', '1.0.0-alpha.1.1'], ['1.0.0-alpha', '1.0.0-1']],
];

for (const [constraint, inside, outside] of cases) {
  test(constraint, () => {
    const fits = versionTest(constraint);
    for (const tag of inside) assert.ok(fits(tag), `${tag} is inside`);
    for (const tag of outside) assert.ok(!fits(tag), `${tag} is outside`);
  });
}

test('what makes no sense is refused', () => {
  for (const text of ['', 'abc', '>=', '>> 1', '1.2.3.4'])
    assert.throws(() => versionTest(text), /improper constraint/);
});
