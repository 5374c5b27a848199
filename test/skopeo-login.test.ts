/** skopeo login and logout beside the distribution's, with registries that ask for a password. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { type Registry, startRegistry } from './support/registry.ts';
import { makeSample, type Sample } from './support/sample-image.ts';
import { scratch } from './support/scratch.ts';
import { peerSkopeo, skopeo } from './support/skopeo.ts';

const cleaners: (() => Promise<void> | void)[] = [];
const context = { after: (action: () => Promise<void> | void) => void cleaners.unshift(action) };
const directory = scratch(context, 'skopeo-login');
const basic = { username: 'somebody', password: 'pass:word' };
let registry: Registry;
let sample: Sample;

before(async () => {
  registry = await startRegistry(context as never, { basic });
  sample = await makeSample(`${directory}/sample`);
});
after(async () => {
  for (const clean of cleaners) await clean();
});

let count = 0;
const newFile = () => `${directory}/auth-${++count}.json`;
const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

/** Both with files of their own; `FILE` in the arguments stands for it. */
async function both(args: readonly string[], input?: string) {
  const files = { ours: newFile(), theirs: newFile() };
  const placed = (file: string) => args.map((arg) => arg.replaceAll('FILE', file));
  const options = input === undefined ? {} : { input };
  return {
    ours: await skopeo(placed(files.ours), options),
    theirs: await peerSkopeo(placed(files.theirs), options),
    files,
  };
}

test('a login is checked, kept in a file for its owner only, told, and forgotten again', async () => {
  const flags = ['--authfile', 'FILE', '--tls-verify=false', '-u', basic.username, '--password-stdin'];
  const { ours, theirs, files } = await both(['login', ...flags, '-v', registry.host], `${basic.password}\n`);
  assert.equal(ours.code, 0, ours.stderr);
  assert.equal(ours.stdout.replaceAll(files.ours, 'F'), theirs.stdout.replaceAll(files.theirs, 'F'));
  assert.equal(readFileSync(files.ours, 'utf8'), readFileSync(files.theirs, 'utf8'));
  assert.equal(statSync(files.ours).mode & 0o777, 0o600);
  const who = await skopeo(['login', '--authfile', files.ours, '--get-login', registry.host]);
  assert.equal(who.stdout, `${basic.username}\n`);

  const again = await skopeo(['login', '--authfile', files.ours, '--tls-verify=false', registry.host]);
  assert.equal(
    again.stdout,
    `Authenticating with existing credentials for ${registry.host}\nExisting credentials are valid. Already logged in to ${registry.host}\n`,
  );
  const copied = await skopeo([
    'copy',
    '--authfile',
    files.ours,
    '--dest-tls-verify=false',
    `oci:${sample.layout}`,
    `docker://${registry.host}/a/b:1`,
  ]);
  assert.equal(copied.code, 0, copied.stderr);

  const out = await skopeo(['logout', '--authfile', files.ours, registry.host]);
  assert.equal(out.stdout, `Removed login credentials for ${registry.host}\n`);
  assert.deepEqual(read(files.ours), { auths: {} });
  const gone = await both(['logout', '--authfile', 'FILE', registry.host]);
  assert.equal(gone.ours.code, 1);
  assert.match(gone.ours.stderr, /not logged into/);
});

test('a wrong password is refused and nothing is kept', async () => {
  const { ours, theirs, files } = await both([
    'login',
    '--authfile',
    'FILE',
    '--tls-verify=false',
    '-u',
    'somebody',
    '-p',
    'wrong',
    registry.host,
  ]);
  assert.deepEqual([ours.code, theirs.code], [1, 1]);
  assert.match(ours.stderr, /logging into .* invalid username\/password/);
  assert.ok(!existsSync(files.ours));
});

test('requests that make no sense', async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['login'], /please provide a registry to log in to/],
    [['logout'], /please provide a registry to log out from/],
    [['login', '--password-stdin', 'x.example'], /provide --username with --password-stdin/],
    [['login', '--get-login', '--authfile', 'FILE', 'x.example'], /not logged into x\.example/],
    [['login', '--authfile', 'FILE', '-u', 'a', 'x.example'], /reading password/],
    [['login', '--authfile', 'FILE', '--compat-auth-file', 'FILE', 'x.example'], /can not be set simultaneously/],
  ];
  for (const [args, text] of cases) {
    const { ours, theirs } = await both(args);
    assert.deepEqual([ours.code, theirs.code], [1, 1], args.join(' '));
    assert.match(ours.stderr, text);
  }
});

test('a namespace has credentials of its own, and goes before its registry', async () => {
  const file = newFile();
  const login = (target: string, user: string, password: string) =>
    skopeo(['login', '--authfile', file, '--tls-verify=false', '-u', user, '-p', password, target]);
  assert.equal((await login(`${registry.host}/team`, basic.username, basic.password)).code, 0);
  const other = Buffer.from('other:wrong').toString('base64');
  const { auths } = read(file);
  assert.deepEqual(Object.keys(auths), [`${registry.host}/team`]);
  writeFileSync(file, JSON.stringify({ auths: { ...auths, [registry.host]: { auth: other } } }));
  const push = (name: string) =>
    skopeo([
      'copy',
      '--authfile',
      file,
      '--dest-tls-verify=false',
      `oci:${sample.layout}`,
      `docker://${registry.host}/${name}`,
    ]);
  assert.equal((await push('team/x:1')).code, 0);
  const refused = await push('others/x:1');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /unauthorized/);
});

test('a file in Docker’s format keeps what else is in it', async () => {
  const file = newFile();
  writeFileSync(file, JSON.stringify({ HttpHeaders: { a: 'b' }, auths: { 'x.example': { auth: 'eDp5' } } }));
  const login = await skopeo([
    'login',
    '--compat-auth-file',
    file,
    '--tls-verify=false',
    '-u',
    basic.username,
    '-p',
    basic.password,
    registry.host,
  ]);
  assert.equal(login.code, 0, login.stderr);
  const kept = read(file);
  assert.deepEqual(kept.HttpHeaders, { a: 'b' });
  assert.deepEqual(Object.keys(kept.auths).sort(), [registry.host, 'x.example'].sort());
  const all = await skopeo(['logout', '--compat-auth-file', file, '--all']);
  assert.equal(all.stdout, 'Removed login credentials for all registries\n');
  assert.deepEqual(read(file), { HttpHeaders: { a: 'b' }, auths: {} });
});

test('a credential helper keeps the secret where the file says so', async () => {
  const bin = `${directory}/bin`;
  const kept = `${directory}/helper-store`;
  mkdirSync(bin);
  writeFileSync(
    `${bin}/docker-credential-test`,
    `#!/bin/sh
case $1 in
store) cat > ${kept} ;;
get) if [ -e ${kept} ]; then cat ${kept}; else echo 'credentials not found in native keychain'; exit 1; fi ;;
erase) rm ${kept} ;;
list) echo '{}' ;;
esac
`,
  );
  chmodSync(`${bin}/docker-credential-test`, 0o755);
  const file = newFile();
  writeFileSync(file, JSON.stringify({ credHelpers: { [registry.host]: 'test' } }));
  const env = { PATH: `${bin}:${process.env['PATH']}` };
  const login = await skopeo(
    ['login', '--authfile', file, '--tls-verify=false', '-u', basic.username, '-p', basic.password, registry.host],
    { env },
  );
  assert.equal(login.code, 0, login.stderr);
  assert.deepEqual(read(kept), { ServerURL: registry.host, Username: basic.username, Secret: basic.password });
  assert.deepEqual(read(file), { credHelpers: { [registry.host]: 'test' } }, 'nothing secret in the file');
  const who = await peerSkopeo(['login', '--authfile', file, '--get-login', registry.host], { env });
  assert.equal(who.stdout, `${basic.username}\n`, 'the distribution’s skopeo finds it as well');
  assert.equal((await skopeo(['logout', '--authfile', file, registry.host], { env })).code, 0);
  assert.ok(!existsSync(kept));
});
