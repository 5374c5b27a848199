import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type TestContext, test } from 'node:test';
import { findRegistry, pullEndpoints, readRegistries } from './registries.ts';

/** Reads files (by path below the root) as an ordinary machine would have them. */
function read(t: TestContext, files: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv = {}) {
  const prefix = mkdtempSync(`${tmpdir()}/lighter-registries-`);
  t.after(() => rmSync(prefix, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(`${prefix}/${path}`.replace(/\/[^/]*$/, ''), { recursive: true });
    writeFileSync(`${prefix}/${path}`, text);
  }
  return readRegistries({ prefix, env: { HOME: `${prefix}/home`, ...env } });
}

const main = 'etc/containers/registries.conf';
const only = (t: TestContext, text: string) => read(t, { [main]: text });

test('the longest prefix counts, at the borders of names', async (t) => {
  const configuration = await only(
    t,
    `[[registry]]
prefix = "example.com/foo"
location = "internal/bar"
[[registry]]
prefix = "example.com/foo/deep"
location = "other.example/x"
[[registry]]
prefix = "*.example.com"
location = "wild.example"
[[registry]]
prefix = "*.kept.example"
insecure = true
`,
  );
  const cases: Readonly<Record<string, string>> = {
    'example.com/foo/image:1': 'internal/bar/image:1',
    'example.com/foo:1': 'internal/bar:1',
    'example.com/foo/deep/image': 'other.example/x/image',
    'example.com/foobar:1': 'example.com/foobar:1',
    'a.b.example.com/x:1': 'wild.example/x:1',
    'example.com/x': 'example.com/x',
    'a.kept.example/x': 'a.kept.example/x',
  };
  for (const [name, place] of Object.entries(cases))
    assert.equal(pullEndpoints(configuration, name).at(-1)?.name, place, name);
  assert.equal(findRegistry(configuration, 'a.kept.example/x')?.insecure, true);
  assert.equal(findRegistry(configuration, 'kept.example/x'), undefined);
});

test('mirrors by what is asked for', async (t) => {
  const configuration = await only(
    t,
    `[[registry]]
location = "r.example"
[[registry.mirror]]
location = "all.example/cache"
[[registry.mirror]]
location = "digests.example"
insecure = true
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "tags.example"
pull-from-mirror = "tag-only"
`,
  );
  const digest = `sha256:${'a'.repeat(64)}`;
  assert.deepEqual(
    pullEndpoints(configuration, 'r.example/x:1').map(({ name }) => name),
    ['all.example/cache/x:1', 'tags.example/x:1', 'r.example/x:1'],
  );
  assert.deepEqual(pullEndpoints(configuration, `r.example/x@${digest}`), [
    { name: `all.example/cache/x@${digest}`, insecure: false },
    { name: `digests.example/x@${digest}`, insecure: true },
    { name: `r.example/x@${digest}`, insecure: false },
  ]);
});

test('later files replace whole registries and lists, and add aliases', async (t) => {
  const configuration = await read(t, {
    [main]: `unqualified-search-registries = ["a.example", "b.example"]
short-name-mode = "enforcing"
[aliases]
one = "a.example/one"
two = "a.example/two"
[[registry]]
location = "r.example"
insecure = true
[[registry]]
location = "kept.example"
`,
    'etc/containers/registries.conf.d/10-more.conf': `unqualified-search-registries = []
[aliases]
two = "b.example/two"
[[registry]]
location = "r.example"
`,
    'usr/share/containers/registries.conf.d/10-more.conf': 'short-name-mode = "disabled"',
    'usr/share/containers/registries.conf.d/00-first.conf': 'credential-helpers = ["secretservice"]',
  });
  assert.deepEqual(configuration.searchRegistries, []);
  assert.equal(configuration.shortNameMode, 'enforcing', 'of one name only the more important folder’s file is read');
  assert.deepEqual(configuration.aliases, { one: 'a.example/one', two: 'b.example/two' });
  assert.deepEqual(configuration.credentialHelpers, ['secretservice']);
  assert.equal(findRegistry(configuration, 'r.example/x')?.insecure, false);
  assert.ok(findRegistry(configuration, 'kept.example/x'));
});

test('a file named by the variable stands alone', async (t) => {
  const named = mkdtempSync(`${tmpdir()}/lighter-registries-`);
  t.after(() => rmSync(named, { recursive: true }));
  writeFileSync(`${named}/own.conf`, 'short-name-mode = "disabled"');
  const configuration = await read(
    t,
    { 'etc/containers/registries.conf.d/10.conf': '[[registry]]\nlocation = "r.example"' },
    { CONTAINERS_REGISTRIES_CONF: `${named}/own.conf` },
  );
  assert.equal(configuration.shortNameMode, 'disabled');
  assert.deepEqual(configuration.registries, []);
  await assert.rejects(read(t, {}, { CONTAINERS_REGISTRIES_CONF: `${named}/missing.conf` }), /no such file/);
});

test('what makes no sense is refused with the place', async (t) => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['[registries.search]\nregistries = ["x"]', /version 1/],
    ['short-name-mode = "maybe"', /invalid short-name mode/],
    ['unqualified-search-registries = ["x.example/path"]', /Invalid unqualified-search-registries entry/],
    ['[[registry]]\nlocation = "https://x.example"', /URI schemes are not supported/],
    ['[[registry]]\ninsecure = true', /both location and prefix are unset/],
    ['[[registry]]\nprefix = "x.example"', /location of x\.example is unset/],
    ['[[registry]]\nprefix = "*.x.example/y"\nlocation = "z"', /format \*\.example\.com/],
    ['[[registry]]\nlocation = "x.example"\npull-from-mirror = "all"', /must not be set for a non-mirror registry/],
    ['[[registry]]\nlocation = "x"\n[[registry.mirror]]\ninsecure = true', /has no location/],
    [
      '[[registry]]\nlocation = "x"\n[[registry.mirror]]\nlocation = "y"\npull-from-mirror = "never"',
      /unsupported pull-from-mirror value/,
    ],
    [
      '[[registry]]\nlocation = "x"\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = "y"\npull-from-mirror = "all"',
      /at the same time/,
    ],
    [
      '[[registry]]\nprefix = "a"\nlocation = "x"\ninsecure = true\n[[registry]]\nprefix = "b"\nlocation = "x"',
      /defined multiple times with conflicting 'insecure' setting/,
    ],
    ['[[registry]', /registries\.conf/],
  ];
  for (const [text, problem] of cases)
    await assert.rejects(only(t, text), (error: Error) => problem.test(error.message), text);
});
