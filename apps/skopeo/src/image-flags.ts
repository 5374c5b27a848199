/** Flags about the connection to a registry, for one image or, with a prefix, for each side of a copy. */
import { bool, type FlagKind, string } from '@lighter/cli/flags';
import type { ImageContext } from '@lighter/image/types';

interface Values {
  readonly authfile?: string;
  readonly 'cert-dir'?: string;
  readonly creds?: string;
  readonly username?: string;
  readonly password?: string;
  readonly 'no-creds'?: boolean;
  readonly 'registry-token'?: string;
  readonly 'tls-verify'?: boolean;
}

function kinds(prefix: string) {
  return {
    [`${prefix}authfile`]: string('path of the authentication file'),
    [`${prefix}cert-dir`]: string('use certificates at PATH (*.crt, *.cert, *.key) to connect to the registry'),
    [`${prefix}creds`]: string('use USERNAME[:PASSWORD] for accessing the registry'),
    [`${prefix}username`]: string('username for accessing the registry'),
    [`${prefix}password`]: string('password for accessing the registry'),
    [`${prefix}no-creds`]: bool('access the registry anonymously'),
    [`${prefix}registry-token`]: string('provide a Bearer token for accessing the registry'),
    [`${prefix}tls-verify`]: bool('require HTTPS and verify certificates when talking to the registry'),
  } as Record<string, FlagKind<unknown>>;
}

export const imageFlags = kinds('');
export const sourceFlags = kinds('src-');
export const destinationFlags = kinds('dest-');

/** The context with what the flags say about one side. `--authfile` stands for both. */
export function withImageFlags(
  context: ImageContext,
  flags: Readonly<Record<string, unknown>>,
  prefix = '',
): ImageContext {
  const get = (name: keyof Values) => flags[`${prefix}${name}`];
  const credentials = credentialsOf({
    creds: get('creds') as string | undefined,
    username: get('username') as string | undefined,
    password: get('password') as string | undefined,
    anonymous: get('no-creds') === true,
  });
  const authFile = (get('authfile') ?? flags['authfile']) as string | undefined;
  const directory = get('cert-dir') as string | undefined;
  const token = get('registry-token') as string | undefined;
  const tlsVerify = get('tls-verify') as boolean | undefined;
  return {
    ...context,
    ...(credentials ? { credentials } : {}),
    ...(authFile === undefined ? {} : { authFile }),
    ...(directory === undefined ? {} : { certificateDirectory: directory }),
    ...(token === undefined ? {} : { registryToken: token }),
    ...(tlsVerify === undefined ? {} : { tlsVerify }),
  };
}

function credentialsOf({
  creds,
  username,
  password,
  anonymous,
}: {
  creds: string | undefined;
  username: string | undefined;
  password: string | undefined;
  anonymous: boolean;
}) {
  if (creds !== undefined && anonymous) throw new Error('creds and no-creds cannot be specified at the same time');
  if (creds !== undefined && username !== undefined)
    throw new Error('creds and username cannot be specified at the same time');
  if (username !== undefined && password === undefined)
    throw new Error('password must be specified when username is specified');
  if (username === undefined && password !== undefined)
    throw new Error('username must be specified when password is specified');
  if (anonymous) return { username: '', password: '' };
  if (username !== undefined) return { username, password: password ?? '' };
  if (creds === undefined) return undefined;
  const colon = creds.indexOf(':');
  const name = colon < 0 ? creds : creds.slice(0, colon);
  if (name === '') throw new Error("username can't be empty");
  return { username: name, password: colon < 0 ? '' : creds.slice(colon + 1) };
}
