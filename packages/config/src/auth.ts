/** Credentials for registries: auth.json files and credential helpers. */
import { existsSync, readFileSync } from 'node:fs';
import { helperGet } from './auth-helper.ts';
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
  /** `--compat-auth-file`: only this one, in Docker's own format, which has keys for hosts only. */
  readonly compatAuthFile?: string | undefined;
  /** From registries.conf; default: files only. */
  readonly helpers?: readonly string[] | undefined;
  readonly env?: NodeJS.ProcessEnv;
  readonly rootlessUid?: number | undefined;
}

export interface AuthFile {
  readonly auths?: Readonly<Record<string, { readonly auth?: string; readonly identitytoken?: string }>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
}

/** The helper that stands for auth files. */
export const FILES = 'containers-auth.json';

/**
 * Credentials for a repository (`quay.io/user/name`); undefined when there are none. A place that fails is passed over, and
 * only told when no other has any.
 */
export async function findCredentials(repository: string, options: AuthOptions = {}): Promise<Credentials | undefined> {
  const host = repository.split('/')[0] ?? '';
  const failures: Error[] = [];
  for (const helper of options.helpers ?? [FILES]) {
    try {
      const found = helper === FILES ? await fromFiles(repository, host, options) : await helperGet(helper, host);
      if (found) return found;
    } catch (error) {
      failures.push(error as Error);
    }
  }
  const [first] = failures;
  if (!first || failures.length === 1) {
    if (first) throw first;
    return undefined;
  }
  throw new ConfigError(
    'CONFIG_UNREADABLE',
    repository,
    `errors looking up credentials: ${failures.map(({ message }) => message).join('; ')}`,
    { cause: first },
  );
}

/** Auth files in order of importance; those that are missing are left out, but a named one is not. */
export function authFiles({ authFile, compatAuthFile, env = process.env, rootlessUid }: AuthOptions): string[] {
  const named = compatAuthFile ?? authFile ?? env['REGISTRY_AUTH_FILE'];
  if (named) return [named];
  const home = env['HOME'] ?? '';
  const uid = rootlessUid ?? process.geteuid?.() ?? 0;
  const runtime = env['XDG_RUNTIME_DIR'] ? `${env['XDG_RUNTIME_DIR']}/containers` : `/run/containers/${uid}`;
  return [
    `${runtime}/auth.json`,
    `${env['XDG_CONFIG_HOME'] || `${home}/.config`}/containers/auth.json`,
    `${env['DOCKER_CONFIG'] || `${home}/.docker`}/config.json`,
    `${home}/.dockercfg`,
  ];
}

async function fromFiles(repository: string, host: string, options: AuthOptions): Promise<Credentials | undefined> {
  for (const path of authFiles(options)) {
    const file = readAuthFile(path);
    if (!file) continue;
    const helper = file.credHelpers?.[host];
    const found = helper ? await helperGet(helper, host) : fromFile(file, repository, host, path);
    if (found) return found;
  }
  return undefined;
}

export function readAuthFile(path: string): AuthFile | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const text = readFileSync(path, 'utf8');
    if (text.trim() === '') return {};
    const file = JSON.parse(text) as AuthFile;
    // The oldest format has nothing but the entries.
    return path.endsWith('/.dockercfg') ? { auths: file as AuthFile['auths'] & object } : file;
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

export function normalisedHost(key: string): string {
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
