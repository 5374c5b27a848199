/** Results are those of Go's text/template. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderTemplate } from './go-template.ts';

const data = {
  Name: 'n',
  OCIv1: { rootfs: { diff_ids: ['a', 'b'] } },
  Labels: { b: '2', a: '1' },
  Count: 3,
  Empty: '',
  None: null,
  List: [{ X: 1 }, { X: 2 }],
};

test('fields, also by the spelling of Go’s structs', () => {
  assert.equal(renderTemplate('{{.Name}}-{{ .OCIv1.RootFS.DiffIDs }}', data), 'n-[a b]');
  assert.equal(renderTemplate('{{.Labels}} {{.None}} {{.Nope}}', data), 'map[a:1 b:2] <nil> <no value>');
});

test('pipelines and functions', () => {
  assert.equal(renderTemplate('{{json .Labels}}', data), '{"b":"2","a":"1"}');
  assert.equal(renderTemplate('{{.Name | upper | printf "%5s|%-3s|" "x"}}', data), '    x|N  |');
  assert.equal(renderTemplate('{{index .Labels "a"}} {{len .List}} {{(index .List 1).X}}', data), '1 2 2');
  assert.equal(renderTemplate('{{join (split "a,b" ",") "+"}} {{title "ab"}} {{println "x"}}', data), 'a+b Ab x\n');
  assert.equal(renderTemplate('{{"}}"}}{{`q`}}', data), '}}q');
});

test('if, else, with, range, variables, trimming', () => {
  assert.equal(renderTemplate('{{if .Empty}}e{{else if eq .Count 3}}three{{else}}x{{end}}', data), 'three');
  assert.equal(renderTemplate('{{with .OCIv1}}{{len .rootfs.diff_ids}}{{end}}', data), '2');
  assert.equal(renderTemplate('{{range $i, $e := .List}}{{$i}}={{$e.X}} {{end}}', data), '0=1 1=2 ');
  assert.equal(renderTemplate('{{range $k, $v := .Labels}}{{$k}}{{$v}}{{$.Name}};{{end}}', data), 'a1n;b2n;');
  assert.equal(renderTemplate('{{range .None}}x{{else}}none{{end}}', data), 'none');
  assert.equal(renderTemplate('a  {{- /* no */ -}}  b {{- $x := 1}}{{$x = 2}}{{$x}}', data), 'ab2');
});

test('what makes no sense is refused', () => {
  for (const bad of ['{{', '{{.A', '{{if .A}}', '{{end}}', '{{nope}}', '{{$x}}', '{{(.A}}', '{{index .List 9}}'])
    assert.throws(() => renderTemplate(bad, data), { name: 'TemplateError' }, bad);
});
