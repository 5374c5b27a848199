/** Writing credentials: into auth.json, a file in Docker's format, or a credential helper. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  type AuthFile,
  type AuthOptions,
  authFiles,
  type Credentials,
  FILES,
  normalisedHost,
  readAuthFile,
} from './auth.ts';
import { helperErase, helperList, helperStore } from './auth-helper.ts';
import { ConfigError } from './errors.ts';

/** Docker's name for its own registry. */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';

/** Stores credentials for a registry or a namespace in it, and returns where: a file, or `credential helper: NAME`. */
export async function storeCredentials(
  key: string,
  credentials: Credentials,
  options: AuthOptions = {},
): Promise<string> {
  checkKey(key);
  const [first = FILES] = options.helpers ?? [FILES];
  const path = primaryFile(options);
  const file = readAuthFile(path) ?? {};
  const helper = file.credHelpers?.[hostOf(key)] ?? (first === FILES ? undefined : first);
  if (helper !== undefined) {
    checkForHelper(key, helper);
    await helperStore(helper, key, credentials);
    return `credential helper: ${helper}`;
  }
  const auth = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64');
  const entry = { auth, ...(credentials.identityToken ? { identitytoken: credentials.identityToken } : {}) };
  writeAuthFile(path, { ...file, auths: { ...file.auths, [keyIn(options, key)]: entry } });
  return path;
}

/** Returns whether there were any. */
export async function removeCredentials(key: string, options: AuthOptions = {}): Promise<boolean> {
  checkKey(key);
  const path = primaryFile(options);
  const file = readAuthFile(path) ?? {};
  const helpers = [file.credHelpers?.[hostOf(key)], ...(options.helpers ?? [])];
  let removed = false;
  for (const helper of helpers) {
    if (helper === undefined || helper === FILES) continue;
    checkForHelper(key, helper);
    removed = (await helperErase(helper, key)) || removed;
  }
  const { [keyIn(options, key)]: entry, ...auths } = file.auths ?? {};
  if (entry === undefined) return removed;
  writeAuthFile(path, { ...file, auths });
  return true;
}

/** Every credential of the file and of the helpers that it names. */
export async function removeAllCredentials(options: AuthOptions = {}): Promise<void> {
  const path = primaryFile(options);
  const file = readAuthFile(path);
  for (const [host, helper] of Object.entries(file?.credHelpers ?? {})) await helperErase(helper, host);
  for (const helper of options.helpers ?? []) {
    if (helper === FILES) continue;
    for (const host of await helperList(helper)) await helperErase(helper, host);
  }
  if (!file) return;
  const { credHelpers: _helpers, ...rest } = file;
  writeAuthFile(path, { ...(options.compatAuthFile === undefined ? rest : file), auths: {} });
}

/** The file that is written: the most important one. */
function primaryFile(options: AuthOptions): string {
  return authFiles(options)[0] as string;
}

/** Docker knows hosts only, and its own registry under an address. */
function keyIn({ compatAuthFile }: AuthOptions, key: string): string {
  if (compatAuthFile === undefined) return key;
  if (key.includes('/'))
    throw new ConfigError('CONFIG_INVALID', compatAuthFile, `keys with a namespace (${key}) have no place in it`);
  return normalisedHost(key) === 'docker.io' ? DOCKER_HUB_KEY : key;
}

function checkKey(key: string): void {
  const refuse = (why: string): never => {
    throw new ConfigError('CONFIG_INVALID', key, `key ${key} ${why}`);
  };
  if (/^https?:\/\//.test(key)) refuse('contains http[s]:// prefix');
  if (key.includes('@')) refuse("contains a '@' character");
  const slash = key.indexOf('/');
  if (slash >= 0 && key.indexOf(':', slash) >= 0) refuse("contains a ':' character after host[:port]");
}

function checkForHelper(key: string, helper: string): void {
  if (key.includes('/'))
    throw new ConfigError('CONFIG_INVALID', key, `namespaced key is not supported for credential helper ${helper}`);
}

function hostOf(key: string): string {
  return key.split('/')[0] ?? '';
}

/** Whoever reads at the same time sees the old file or the new one. */
function writeAuthFile(path: string, file: AuthFile): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, JSON.stringify(file, undefined, '\t'), { mode: 0o600, flush: true });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
