import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alignTable } from './table.ts';
import { renderRows } from './template-rows.ts';
import { humanDuration, humanSize, shortest } from './units.ts';

test('columns are as wide as their longest cell and three blanks', () => {
  assert.equal(
    alignTable([
      ['A', 'BB', 'C'],
      ['aaaa', 'b', 'c'],
    ]),
    'A      BB   C\naaaa   b    c\n',
  );
});

test('rows by a template', () => {
  const rows = [
    { Name: 'a', ID: '1' },
    { Name: 'bbb', ID: '2' },
  ];
  assert.equal(renderRows('{{.Name}}', rows), 'a\nbbb\n');
  assert.equal(
    renderRows('table {{.Name}}\\t{{.ID}}', rows, { headings: { Name: 'NAME', ID: 'ID' } }),
    'NAME   ID\na      1\nbbb    2\n',
  );
});

test('sizes and times for people', () => {
  assert.equal(shortest(2.1299, 3), '2.13');
  assert.equal(shortest(999.9, 3), '1e+03');
  assert.equal(shortest(110, 3), '110');
  assert.equal(humanSize(2_160_000, { digits: 3, blank: ' ' }), '2.16 MB');
  for (const [seconds, text] of [
    [0, 'Less than a second'],
    [1, '1 second'],
    [59, '59 seconds'],
    [61, 'About a minute'],
    [120, '2 minutes'],
    [3600, 'About an hour'],
    [3600 * 30, '30 hours'],
    [3600 * 24 * 3, '3 days'],
    [3600 * 24 * 21, '3 weeks'],
    [3600 * 24 * 90, '3 months'],
    [3600 * 24 * 365 * 4, '4 years'],
  ] as const) {
    assert.equal(humanDuration(seconds * 1000), text);
  }
});
