/** Credential helpers: programs `docker-credential-NAME` that keep secrets elsewhere (docker credential helper protocol). */
import type { Credentials } from './auth.ts';
import { ConfigError } from './errors.ts';

/** User name that marks the secret as an identity token. */
const TOKEN_USER = '<token>';

export async function helperGet(name: string, host: string): Promise<Credentials | undefined> {
  const answer = await runHelper(name, 'get', host);
  if (answer === undefined) return undefined;
  const { Username = '', Secret = '' } = parse(name, answer) as { Username?: string; Secret?: string };
  return Username === TOKEN_USER
    ? { username: '', password: '', identityToken: Secret }
    : { username: Username, password: Secret };
}

export async function helperStore(name: string, host: string, { username, password }: Credentials): Promise<void> {
  await runHelper(name, 'store', JSON.stringify({ ServerURL: host, Username: username, Secret: password }));
}

/** Returns whether there was something to erase. */
export async function helperErase(name: string, host: string): Promise<boolean> {
  return (await runHelper(name, 'erase', host)) !== undefined;
}

/** Hosts that the helper has something for. */
export async function helperList(name: string): Promise<string[]> {
  const answer = await runHelper(name, 'list', 'unused');
  return answer === undefined ? [] : Object.keys(parse(name, answer) as object);
}

function parse(name: string, answer: string): unknown {
  try {
    return JSON.parse(answer) ?? {};
  } catch (error) {
    throw new ConfigError('CONFIG_INVALID', programOf(name), `said no JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

const programOf = (name: string) => `docker-credential-${name}`;

/** What the program writes; undefined when it says that there is nothing. */
function runHelper(name: string, verb: string, input: string): Promise<string | undefined> {
  if (!/^[\w.-]+$/.test(name))
    return Promise.reject(new ConfigError('CONFIG_INVALID', name, 'not a name of a credential helper'));
  const program = programOf(name);
  return new Promise((resolve, reject) => {
    const { spawn } = process.getBuiltinModule('node:child_process');
    const child = spawn(program, [verb], { stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let said = '';
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString();
    });
    child.stderr.on('data', (data: Buffer) => {
      said += data.toString();
    });
    child.once('error', (error) =>
      reject(new ConfigError('CONFIG_UNREADABLE', program, `can't be run: ${error.message}`, { cause: error })),
    );
    child.once('close', (code) => {
      const text = `${out}${said}`;
      if (code === 0) resolve(out);
      else if (text.includes('credentials not found')) resolve(undefined);
      else reject(new ConfigError('CONFIG_UNREADABLE', program, `exit ${code}: ${text.trim().slice(0, 300)}`));
    });
    child.stdin.on('error', () => {}); // it may end without reading
    child.stdin.end(input);
  });
}
