/** Flags of everything that talks to registries. */
import { bool, type FlagValues, string } from '@lighter/cli/flags';
import type { ImageContext } from '@lighter/image/types';
import { userAgent } from './version.ts';

export const registryFlags = {
  authfile: string('path of the authentication file. Use REGISTRY_AUTH_FILE environment variable to override'),
  'cert-dir': string('use certificates at the specified path to access the registry'),
  creds: string('use `[username[:password]]` for accessing the registry'),
  'tls-verify': bool('require HTTPS and verify certificates when accessing the registry'),
};

export const platformFlags = {
  arch: string('prefer ARCH instead of the architecture of the host for choosing images'),
  os: string('prefer OS instead of the running OS for choosing images'),
  variant: string('override the variant of the specified image'),
  platform: string('prefer OS/ARCH instead of the current operating system and architecture for choosing images'),
};

export function registryContext(
  flags: FlagValues<typeof registryFlags> & FlagValues<typeof platformFlags>,
  signal: AbortSignal,
): ImageContext {
  const credentials = flags.creds === undefined ? undefined : parseCredentials(flags.creds);
  const platform = wantedPlatform(flags);
  return {
    signal,
    userAgent,
    ...(flags['tls-verify'] === undefined ? {} : { tlsVerify: flags['tls-verify'] }),
    ...(flags.authfile === undefined ? {} : { authFile: flags.authfile }),
    ...(flags['cert-dir'] === undefined ? {} : { certificateDirectory: flags['cert-dir'] }),
    ...(credentials ? { credentials } : {}),
    ...(platform ? { platform } : {}),
  };
}

function parseCredentials(text: string): { username: string; password: string } {
  const colon = text.indexOf(':');
  const username = colon < 0 ? text : text.slice(0, colon);
  if (username === '') throw new Error('credentials: a user name is missing: [username[:password]] is wanted');
  if (colon < 0)
    throw new Error('credentials: a password is missing: asking for it is not built yet, give username:password');
  return { username, password: text.slice(colon + 1) };
}

function wantedPlatform(flags: FlagValues<typeof platformFlags>): ImageContext['platform'] | undefined {
  const [os = flags.os, architecture = flags.arch, variant = flags.variant] = flags.platform?.split('/') ?? [];
  if (os === undefined && architecture === undefined && variant === undefined) return undefined;
  return {
    ...(os === undefined ? {} : { os }),
    ...(architecture === undefined ? {} : { architecture }),
    ...(variant === undefined ? {} : { variant }),
  };
}
