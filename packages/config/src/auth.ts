/** Credentials for registries: auth.json files and credential helpers. */
import { existsSync, readFileSync } from 'node:fs';
import { ConfigError } from './errors.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** An OAuth2 refresh token, instead of name and password. */
  readonly identityToken?: string;
}

export interface AuthOptions {
  /** `--authfile`: only this file. */
  readonly authFile?: string | undefined;
  /** From registries.conf; default: files only. */
  readonly helpers?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly rootlessUid?: number | undefined;
}

interface AuthFile {
  readonly auths?: Readonly<Record<string, { readonly auth?: string; readonly identitytoken?: string }>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
}

/** Credentials for a repository (`quay.io/user/name`); undefined when there are none. */
export async function findCredentials(repository: string, options: AuthOptions = {}): Promise<Credentials | undefined> {
  const host = repository.split('/')[0] ?? '';
  for (const helper of options.helpers ?? ['containers-auth.json']) {
    const found =
      helper === 'containers-auth.json' ? await fromFiles(repository, host, options) : await fromHelper(helper, host);
    if (found) return found;
  }
  return undefined;
}

/** Auth files in order of importance; those that are missing are left out, but a named one is not. */
export function authFiles({ authFile, env = process.env, rootlessUid }: AuthOptions): string[] {
  const named = authFile ?? env['REGISTRY_AUTH_FILE'];
  if (named) return [named];
  const home = env['HOME'] ?? '';
  const uid = rootlessUid ?? process.geteuid?.() ?? 0;
  const runtime = env['XDG_RUNTIME_DIR'] ? `${env['XDG_RUNTIME_DIR']}/containers` : `/run/containers/${uid}`;
  return [
    `${runtime}/auth.json`,
    `${env['XDG_CONFIG_HOME'] || `${home}/.config`}/containers/auth.json`,
    `${env['DOCKER_CONFIG'] || `${home}/.docker`}/config.json`,
  ];
}

async function fromFiles(repository: string, host: string, options: AuthOptions): Promise<Credentials | undefined> {
  for (const path of authFiles(options)) {
    const file = readAuthFile(path);
    if (!file) continue;
    const helper = file.credHelpers?.[host];
    const found = helper ? await fromHelper(helper, host) : fromFile(file, repository, host, path);
    if (found) return found;
  }
  return undefined;
}

function readAuthFile(path: string): AuthFile | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const text = readFileSync(path, 'utf8');
    return text.trim() === '' ? {} : (JSON.parse(text) as AuthFile);
  } catch (error) {
    throw new ConfigError('CONFIG_INVALID', path, `can't be read as an auth file: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Exact repository first, then its parents, then the host in any of docker's spellings. */
function fromFile(file: AuthFile, repository: string, host: string, path: string): Credentials | undefined {
  const auths = file.auths ?? {};
  for (let key = repository; key !== ''; key = key.includes('/') ? key.slice(0, key.lastIndexOf('/')) : '') {
    const found = auths[key];
    if (found) return decode(found, path);
  }
  const spelled = Object.keys(auths).find((key) => normalisedHost(key) === normalisedHost(host));
  return spelled === undefined ? undefined : decode(auths[spelled] ?? {}, path);
}

function normalisedHost(key: string): string {
  const host = key.replace(/^https?:\/\//, '').split('/')[0] ?? '';
  return ['registry-1.docker.io', 'index.docker.io'].includes(host) ? 'docker.io' : host;
}

function decode(
  { auth = '', identitytoken }: { auth?: string; identitytoken?: string },
  path: string,
): Credentials | undefined {
  const text = Buffer.from(auth, 'base64').toString();
  const colon = text.indexOf(':');
  if (identitytoken) return { username: '', password: '', identityToken: identitytoken };
  if (text === '') return undefined;
  if (colon < 0) throw new ConfigError('CONFIG_INVALID', path, 'an auth entry is not user:password in base64');
  return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, '') };
}

/** Asks `docker-credential-NAME get` (docker credential helper protocol). */
function fromHelper(name: string, host: string): Promise<Credentials | undefined> {
  if (!/^[\w.-]+$/.test(name))
    return Promise.reject(new ConfigError('CONFIG_INVALID', name, 'not a name of a credential helper'));
  const program = `docker-credential-${name}`;
  return new Promise((resolve, reject) => {
    const { spawn } = process.getBuiltinModule('node:child_process');
    const child = spawn(program, ['get'], { stdio: ['pipe', 'pipe', 'pipe'] });
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
      if (code !== 0) {
        const text = `${out}${said}`;
        if (text.includes('credentials not found')) return resolve(undefined);
        return reject(new ConfigError('CONFIG_UNREADABLE', program, `exit ${code}: ${text.trim().slice(0, 300)}`));
      }
      try {
        const { Username = '', Secret = '' } = JSON.parse(out) as { Username?: string; Secret?: string };
        resolve(
          Username === '<token>'
            ? { username: '', password: '', identityToken: Secret }
            : { username: Username, password: Secret },
        );
      } catch (error) {
        reject(
          new ConfigError('CONFIG_INVALID', program, `said no JSON: ${(error as Error).message}`, { cause: error }),
        );
      }
    });
    child.stdin.on('error', () => {}); // it may end without reading
    child.stdin.end(host);
  });
}
