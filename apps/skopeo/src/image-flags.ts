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

// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the shell, as upstream's help shows it.
export const authFileHelp = 'path of the registry credentials file. Default is ${XDG_RUNTIME_DIR}/containers/auth.json';

function kinds(prefix: string) {
  return {
    [`${prefix}cert-dir`]: string(
      'use certificates at `PATH` (*.crt, *.cert, *.key) to connect to the registry or daemon',
    ),
    [`${prefix}creds`]: string('Use `USERNAME[:PASSWORD]` for accessing the registry'),
    [`${prefix}username`]: string('Username for accessing the registry'),
    [`${prefix}password`]: string('Password for accessing the registry'),
    [`${prefix}no-creds`]: bool('Access the registry anonymously'),
    [`${prefix}registry-token`]: string('Provide a Bearer token for accessing the registry'),
    [`${prefix}tls-verify`]: bool(
      'require HTTPS and verify certificates when talking to the container registry or daemon',
    ),
    [`${prefix}authfile`]: string(authFileHelp),
  } as Record<string, FlagKind<unknown>>;
}

/** Flags about places that aren't registries. */
export function layoutFlags(prefix: string): Record<string, FlagKind<unknown>> {
  return {
    [`${prefix}daemon-host`]: string('use docker daemon host at `HOST` (docker-daemon: only)'),
    [`${prefix}shared-blob-dir`]: string('`DIRECTORY` to use to share blobs across OCI repositories'),
  } as Record<string, FlagKind<unknown>>;
}

/** Throws upstream's refusal. */
export function argumentCount(args: readonly string[], count: number, refusal: string): void {
  if (args.length !== count) throw new Error(refusal);
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
  const daemonHost = flags[`${prefix}daemon-host`] as string | undefined;
  const sharedBlobDirectory = flags[`${prefix}shared-blob-dir`] as string | undefined;
  return {
    ...context,
    ...(credentials ? { credentials } : {}),
    ...(authFile === undefined ? {} : { authFile }),
    ...(directory === undefined ? {} : { certificateDirectory: directory }),
    ...(token === undefined ? {} : { registryToken: token }),
    ...(tlsVerify === undefined ? {} : { tlsVerify }),
    ...(daemonHost === undefined ? {} : { daemonHost }),
    ...(sharedBlobDirectory === undefined ? {} : { sharedBlobDirectory }),
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
