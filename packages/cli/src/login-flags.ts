/** Flags of `login` and `logout`, which all the programs share. */
import { bool, string } from './flags.ts';
import { readPiped } from './prompt.ts';

const fileFlags = {
  authfile: string('path of the authentication file. Use REGISTRY_AUTH_FILE environment variable to override'),
  'compat-auth-file': string('path of a Docker-compatible config file to update instead'),
  'tls-verify': bool('require HTTPS and verify certificates when accessing the registry'),
};

export const loginFlags = {
  ...fileFlags,
  'cert-dir': string('use certificates at the specified path to access the registry'),
  'get-login': bool('Return the current login user for the registry'),
  password: string('Password for registry', { short: 'p' }),
  'password-stdin': bool('Take the password from stdin'),
  username: string('Username for registry', { short: 'u' }),
  verbose: bool('Write more detailed information to stdout', { short: 'v' }),
};

export const logoutFlags = {
  ...fileFlags,
  all: bool('Remove the cached credentials for all registries in the auth file', { short: 'a' }),
};

interface PasswordFlags {
  readonly username?: string;
  readonly password?: string;
  readonly 'password-stdin'?: boolean;
}

/** The password that was given, from the flag or standard input. */
export async function givenPassword(flags: PasswordFlags): Promise<string | undefined> {
  if (!flags['password-stdin']) return flags.password;
  if (flags.password !== undefined) throw new Error("Can't specify both --password-stdin and --password");
  if (!flags.username) throw new Error('Must provide --username with --password-stdin');
  return readPiped();
}

interface FileFlags {
  readonly authfile?: string;
  readonly 'compat-auth-file'?: string;
}

/** Which file credentials are kept in. Docker's own is taken where its variable names it and nothing else is said. */
export function credentialFiles(
  flags: FileFlags,
  env: NodeJS.ProcessEnv = process.env,
): { readonly authFile?: string; readonly compatAuthFile?: string } {
  const { authfile, 'compat-auth-file': compat } = flags;
  if (authfile !== undefined && compat !== undefined) {
    throw new Error(
      'options for paths to the credential file and to the Docker-compatible credential file can not be set simultaneously',
    );
  }
  if (authfile !== undefined) return { authFile: authfile };
  if (compat !== undefined) return { compatAuthFile: compat };
  if (env['REGISTRY_AUTH_FILE']) return { authFile: env['REGISTRY_AUTH_FILE'] };
  return env['DOCKER_CONFIG'] ? { compatAuthFile: `${env['DOCKER_CONFIG']}/config.json` } : {};
}
