/** Logging in to registries and out of them, for every command that does it. */
import type { AuthOptions, Credentials } from '@lighter/config/auth';
import { ImageError } from '../errors.ts';
import type { ImageContext } from '../types.ts';

export interface LoginOptions {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Where credentials are kept. */
  readonly auth: AuthOptions;
  /** How the registry is contacted. */
  readonly context: ImageContext;
  readonly verbose?: boolean;
  readonly say: (line: string) => void;
  /** Asks on the terminal; `hidden`: what is typed isn't shown. */
  readonly ask: (question: string, hidden: boolean) => Promise<string>;
}

/** `host[:port][/namespace]`, also with `https://` before it, of which only the host counts. */
export function parseLoginTarget(text: string): { readonly registry: string; readonly key: string } {
  const address = /^https?:\/\/([^/]*)/.exec(text)?.[1];
  if (address !== undefined) return { registry: address, key: address };
  return { registry: text.split('/')[0] ?? '', key: text };
}

/** Throws when there are none. */
export async function loggedInUser(key: string, auth: AuthOptions): Promise<string> {
  const { findCredentials } = await import('@lighter/config/auth');
  const { username = '' } = (await findCredentials(key, auth)) ?? {};
  if (username === '') throw new ImageError('UNAUTHORIZED', `not logged into ${key}`);
  return username;
}

export async function login(target: string, options: LoginOptions): Promise<void> {
  const { registry, key } = parseLoginTarget(target);
  const { auth, say } = options;
  const { findCredentials } = await import('@lighter/config/auth');
  const known = await findCredentials(key, auth);
  if (known?.identityToken)
    throw new ImageError('UNSUPPORTED', 'currently logged in, auth file contains an Identity token');
  if (!options.username && !options.password && known?.username && known.password) {
    say(`Authenticating with existing credentials for ${key}`);
    if (await areValid(registry, known, options.context))
      return say(`Existing credentials are valid. Already logged in to ${registry}`);
    say('Existing credentials are invalid, please enter valid username and password');
  }
  const credentials = await newCredentials(options, known?.username);
  if (!(await areValid(registry, credentials, options.context, key)))
    throw new ImageError('UNAUTHORIZED', `logging into ${JSON.stringify(key)}: invalid username/password`);
  const { storeCredentials } = await import('@lighter/config/auth-store');
  const place = await storeCredentials(key, credentials, auth);
  if (options.verbose) say(`Used:  ${place}`);
  say('Login Succeeded!');
}

async function newCredentials({ username, password, ask }: LoginOptions, known = ''): Promise<Credentials> {
  let name = username ?? '';
  if (name === '') name = (await ask(known ? `Username (${known}): ` : 'Username: ', false)).trim() || known;
  return { username: name, password: password || (await ask('Password: ', true)) };
}

/** With a `key` what is wrong but the password is thrown. */
async function areValid(
  registry: string,
  credentials: Credentials,
  context: ImageContext,
  key?: string,
): Promise<boolean> {
  const { checkCredentials } = await import('../registry/check-credentials.ts');
  try {
    await checkCredentials(registry, { ...context, credentials });
    return true;
  } catch (error) {
    context.signal?.throwIfAborted();
    if (key === undefined || (error instanceof ImageError && error.code === 'UNAUTHORIZED')) return false;
    const { code, message, status } = error as ImageError;
    throw new ImageError(code ?? 'REGISTRY_ERROR', `authenticating creds for ${JSON.stringify(key)}: ${message}`, {
      cause: error,
      status,
    });
  }
}

/** Returns the line that tells what was done. */
export async function logout(target: string, { auth }: Pick<LoginOptions, 'auth'>): Promise<string> {
  const { key } = parseLoginTarget(target);
  const { removeCredentials } = await import('@lighter/config/auth-store');
  if (await removeCredentials(key, auth)) return `Removed login credentials for ${key}`;
  const { findCredentials } = await import('@lighter/config/auth');
  if (await findCredentials(key, auth))
    return `Not logged into ${key} with current tool. Existing credentials were established via docker login. Please use docker logout instead.`;
  throw new ImageError('UNAUTHORIZED', `not logged into ${key}`);
}
