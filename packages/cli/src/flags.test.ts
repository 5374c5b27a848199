/** Values and messages are those that pflag gives in the Go tools. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bool,
  choice,
  duration,
  float,
  HelpWanted,
  int,
  parseFlags,
  string,
  stringList,
  strings,
  uint,
} from './flags.ts';

const set = {
  all: bool('', { short: 'a' }),
  quiet: bool('', { short: 'q' }),
  name: string('', { short: 'n' }),
  env: strings('', { short: 'e' }),
  filter: stringList(''),
  count: int('', { short: 'c' }),
  shares: uint(''),
  cpus: float(''),
  wait: duration(''),
  sort: choice('', ['id', 'size']),
  pull: string('', { implied: 'always' }),
};

const parse = (...argv: string[]) => parseFlags(set, argv);

test('long and short forms, bundles, values glued on', () => {
  assert.deepEqual(parse('--all', '--name', 'x', 'arg').flags, { all: true, name: 'x' });
  assert.deepEqual(parse('--name=x=y', '--all=false').flags, { name: 'x=y', all: false });
  assert.deepEqual(parse('-aq', '-nx').flags, { all: true, quiet: true, name: 'x' });
  assert.deepEqual(parse('-aqn', 'x').flags, { all: true, quiet: true, name: 'x' });
  assert.deepEqual(parse('-n=x', '-a=false').flags, { name: 'x', all: false });
  assert.deepEqual(parse('--name=', '-n', '--').flags, { name: '--' });
});

test('lists: an array takes texts whole, a slice splits at commas', () => {
  assert.deepEqual(parse('-e', 'a,b', '-e', 'c').flags.env, ['a,b', 'c']);
  assert.deepEqual(parse('--filter', 'a,b', '--filter', '"c,d","e""f"').flags.filter, ['a', 'b', 'c,d', 'e"f']);
  assert.deepEqual(parse('--filter', 'a,').flags.filter, ['a', '']);
  assert.deepEqual(parse('--filter', '').flags.filter, []);
  assert.deepEqual(parse('--filter', '"",x').flags.filter, ['', 'x']);
});

test('numbers in every notation of Go', () => {
  for (const [text, value] of [
    ['5', 5],
    ['-5', -5],
    ['0x1f', 31],
    ['0x_1', 1],
    ['010', 8],
    ['0b11', 3],
    ['1_000', 1000],
    ['-0', 0],
  ] as const)
    assert.equal(parse(`--count=${text}`).flags.count, value);
  assert.equal(parse('--cpus=1.5').flags.cpus, 1.5);
  assert.equal(parse('--shares', '7').flags.shares, 7);
});

test('an implied value leaves the next argument alone', () => {
  const { flags, args } = parse('--pull', 'image');
  assert.deepEqual([flags.pull, args], ['always', ['image']]);
  assert.equal(parse('--pull=never').flags.pull, 'never');
});

test('-- ends the flags; without interspersing the first argument does', () => {
  assert.deepEqual(parse('x', '--', '--all'), { flags: {}, args: ['x', '--all'], dashAt: 1 });
  const { flags, args } = parseFlags(set, ['-a', 'x', '--name', 'y'], { interspersed: false });
  assert.deepEqual([flags, args], [{ all: true }, ['x', '--name', 'y']]);
  assert.deepEqual(parse('-').args, ['-']);
});

for (const [argv, message] of [
  [['--nope'], 'unknown flag: --nope'],
  [['--constructor'], 'unknown flag: --constructor'],
  [['-az'], "unknown shorthand flag: 'z' in -z"],
  [['-zq'], "unknown shorthand flag: 'z' in -zq"],
  [['--name'], 'flag needs an argument: --name'],
  [['-n'], "flag needs an argument: 'n' in -n"],
  [['-an'], "flag needs an argument: 'n' in -n"],
  [['--all=5'], 'invalid argument "5" for "-a, --all" flag: strconv.ParseBool: parsing "5": invalid syntax'],
  [['--count=1.5'], 'invalid argument "1.5" for "-c, --count" flag: strconv.ParseInt: parsing "1.5": invalid syntax'],
  [['-c08'], 'invalid argument "08" for "-c, --count" flag: strconv.ParseInt: parsing "08": invalid syntax'],
  [['--shares=-1'], 'invalid argument "-1" for "--shares" flag: strconv.ParseUint: parsing "-1": invalid syntax'],
  [
    ['--shares=99999999999999999999'],
    'invalid argument "99999999999999999999" for "--shares" flag: strconv.ParseUint: parsing "99999999999999999999": value out of range',
  ],
  [['--sort=foo'], 'invalid argument "foo" for "--sort" flag: "foo" is not a valid value.  Choose from: "id, size"'],
  [['--wait=5'], 'invalid argument "5" for "--wait" flag: time: missing unit in duration "5"'],
  [['---x'], 'bad flag syntax: ---x'],
  [['--=x'], 'bad flag syntax: --=x'],
  [
    ['--filter', 'a"b'],
    'invalid argument "a\\"b" for "--filter" flag: parse error on line 1, column 2: bare " in non-quoted-field',
  ],
  [
    ['--filter', '"a"b'],
    'invalid argument "\\"a\\"b" for "--filter" flag: parse error on line 1, column 3: extraneous or missing " in quoted-field',
  ],
  [
    ['--filter', '"a,b'],
    'invalid argument "\\"a,b" for "--filter" flag: parse error on line 1, column 5: extraneous or missing " in quoted-field',
  ],
  [['--help', '--nope'], 'unknown flag: --nope'],
] as const) {
  test(`${argv.join(' ')} is refused in pflag’s words`, () => {
    assert.throws(() => parse(...argv), { name: 'FlagError', message });
  });
}

test('help is asked for by -h and --help, unless the set has them', () => {
  assert.throws(() => parse('-ah'), HelpWanted);
  assert.throws(() => parse('x', '--help'), HelpWanted);
  assert.deepEqual(parseFlags({ hostname: string('', { short: 'h' }) }, ['-h', 'x']).flags, { hostname: 'x' });
});
