/**
 * What Go's own text/template (1.19) makes of the same templates and data: `go-results.json` has [template, output] or
 * [template, null, error]. Left out is what depends on the static types of a Go program, and what later versions of Go allow.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { goStruct, renderTemplate, TemplateError } from '../go-template.ts';

type Result = readonly [template: string, output: string | null, error?: string];

const results = JSON.parse(readFileSync(new URL('go-results.json', import.meta.url), 'utf8')) as readonly Result[];

const item = (X: number, S: string) => goStruct('main.Item', { X, S });
const deeper = goStruct('main.Nested', { A: 'deeper', N: null, L: null });
const data = goStruct('main.Data', {
  Name: 'n<a>me',
  Count: 3,
  Empty: '',
  Pi: 3.25,
  Yes: true,
  No: false,
  List: [item(1, 'one'), item(2, 'two')],
  Strs: ['a', 'b', 'c'],
  Ints: [5, 6],
  Labels: { b: '2', a: '1', 'dash-ed': 'x' },
  Any: { k: 'v', n: 7, f: 1.5, l: ['p', 1], m: { z: true } },
  Nest: goStruct('main.Nested', { A: 'deep', N: deeper, L: { q: 'r' } }),
  Nil: null,
});

test('each template gives what Go gives, in output or in the words of the error', () => {
  for (const [template, output, error] of results) {
    const render = () => renderTemplate(template, data, 'ps');
    if (output !== null) assert.equal(render(), output, template);
    else
      assert.throws(
        render,
        (thrown: unknown) => thrown instanceof TemplateError && thrown.message === error,
        `${template}: ${error}`,
      );
  }
  assert.ok(results.length > 150);
});
