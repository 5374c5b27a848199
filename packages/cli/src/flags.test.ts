import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bool,
  duration,
  type FlagError,
  HelpWanted,
  int,
  parseDuration,
  parseFlags,
  string,
  stringList,
  strings,
} from './flags.ts';

const set = {
  all: bool('', { short: 'a' }),
  quiet: bool('', { short: 'q' }),
  name: string('', { short: 'n' }),
  env: strings('', { short: 'e' }),
  filter: stringList(''),
  count: int(''),
  wait: duration(''),
  pull: string('', { implied: 'always' }),
};

const parse = (...argv: string[]) => parseFlags(set, argv);

test('long and short forms, bundles, values glued on', () => {
  assert.deepEqual(parse('--all', '--name', 'x', 'arg').flags, { all: true, name: 'x' });
  assert.deepEqual(parse('--name=x=y', '--all=false').flags, { name: 'x=y', all: false });
  assert.deepEqual(parse('-aq', '-nx').flags, { all: true, quiet: true, name: 'x' });
  assert.deepEqual(parse('-aqn', 'x').flags, { all: true, quiet: true, name: 'x' });
  assert.deepEqual(parse('-n=x', '-a=false').flags, { name: 'x', all: false });
});

test('lists: an array takes texts whole, a slice splits at commas', () => {
  assert.deepEqual(parse('-e', 'a,b', '-e', 'c').flags.env, ['a,b', 'c']);
  assert.deepEqual(parse('--filter', 'a,b', '--filter', '"c,d","e""f"').flags.filter, ['a', 'b', 'c,d', 'e"f']);
  assert.deepEqual(parse('--filter', 'a,').flags.filter, ['a', '']);
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

test('messages are pflag’s', () => {
  const message = (...argv: string[]) => {
    try {
      parse(...argv);
    } catch (error) {
      return (error as FlagError).message;
    }
    return undefined;
  };
  assert.equal(message('--nope'), 'unknown flag: --nope');
  assert.equal(message('-az'), "unknown shorthand flag: 'z' in -az");
  assert.equal(message('--name'), 'flag needs an argument: --name');
  assert.equal(message('-n'), "flag needs an argument: 'n' in -n");
  assert.equal(
    message('--all=maybe'),
    'invalid argument "maybe" for "-a, --all" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
  );
  assert.equal(
    message('--count=1.5'),
    'invalid argument "1.5" for "--count" flag: strconv.ParseInt: parsing "1.5": invalid syntax',
  );
  assert.equal(message('---x'), 'bad flag syntax: ---x');
  assert.throws(() => parse('-h'), HelpWanted);
  assert.throws(() => parse('--help'), HelpWanted);
});

test('durations', () => {
  assert.equal(parseDuration('1h15m30.5s'), 4530.5e9);
  assert.equal(parseDuration('-300ms'), -300e6);
  assert.equal(parseDuration('0'), 0);
  for (const bad of ['', '5', 's', '1x', '1h 2m']) assert.throws(() => parseDuration(bad), /time: invalid duration/);
});
