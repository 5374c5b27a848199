/**
 * Runs behind the launcher in tests. `see TEXT…` prints as JSON what Node and a child of {@link linux.spawn} were given;
 * `run FOLDER STEP…` talks to the watcher and then waits to be killed; all else does nothing.
 */
import { closeSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { restoreCaller } from '@lighter/linux/launched';
import { linux } from '@lighter/linux/native';
import { armWatcher, disarmWatcher } from '@lighter/linux/watcher';

const [verb, ...texts] = process.argv.slice(2);

const child = `
echo limits $(ulimit -Sn) $(ulimit -Hn)
echo ignored $(sed -n 's/^SigIgn:[[:space:]]*//p' /proc/self/status)
echo umask $(umask)
echo cwd "$(pwd)"
echo descriptors $(cd /proc/self/fd && echo *)
env | grep -E '^(LIGHTER_|NODE_|OPENSSL_|UV_)' | sort | sed 's/^/variable /'
exit 0`;

/** The empty first argument is part of the test. */
const waitAndTell = `
until [ -e "$3/go" ]; do sleep 0.02; done
echo "$1$2" > "$3/ran.new"
mv "$3/ran.new" "$3/ran"`;

async function collect(script: string): Promise<string[]> {
  const [output, input] = linux.pipe();
  const pid = linux.spawn({ file: '/bin/sh', argv: ['sh', '-c', script], fds: [-1, input, 2] });
  closeSync(input);
  let text = '';
  for (let data = await linux.read(output, 65_536); data; data = await linux.read(output, 65_536)) {
    text += Buffer.from(data).toString();
  }
  await linux.waitpid(pid);
  return text.trim().split('\n');
}

function descriptorThree(): string {
  return readdirSync('/proc/self/fd').includes('3') ? readlinkSync('/proc/self/fd/3') : '';
}

function mapping(): string[] {
  return readFileSync('/proc/self/uid_map', 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).join(' '));
}

if (verb === 'see') {
  const three = descriptorThree();
  restoreCaller();
  const seen = {
    texts,
    three,
    cwd: process.cwd(),
    node: process.version,
    uid: process.getuid?.(),
    uidMap: mapping(),
    userNamespace: readlinkSync('/proc/self/ns/user'),
    mountNamespace: readlinkSync('/proc/self/ns/mnt'),
    env: { ...process.env },
    child: await collect(child),
  };
  process.stdout.write(`${JSON.stringify(seen)}\n`);
} else if (verb === 'run') {
  const [directory = '', ...steps] = texts;
  for (const step of steps) {
    if (step === 'disarm') disarmWatcher();
    else armWatcher(['/bin/sh', '-c', waitAndTell, 'sh', '', step, directory]);
  }
  process.stdout.write('ready\n');
  setInterval(() => {}, 60_000);
}
