/** Flags of everything that talks to registries. */
import { bool, type FlagValues, int, string } from '@lighter/cli/flags';
import type { ImageContext } from '@lighter/image/types';
import { userAgent } from './version.ts';

export const registryFlags = {
  authfile: string('path of the authentication file. Use REGISTRY_AUTH_FILE environment variable to override'),
  'cert-dir': string('path to a directory containing TLS certificates and keys', { hidden: true }),
  creds: string('credentials (USERNAME:PASSWORD) to use for authenticating to a registry'),
  retry: int('number of times to retry in case of failure when performing pull or push'),
  'retry-delay': string('delay between retries in case of failures'),
  'signature-policy': string('path to a signature policy file', { hidden: true }),
  'tls-verify': bool('require HTTPS and verify certificates when contacting registries'),
};

export const platformFlags = {
  arch: string('use ARCH instead of the architecture of the machine for choosing images'),
  os: string('use OS instead of the running OS for choosing images'),
  platform: string('specify the platform for selecting the image (OS/ARCH)'),
  variant: string('use VARIANT instead of the running architecture variant for choosing images'),
};

export function registryContext(
  flags: FlagValues<typeof registryFlags & typeof platformFlags>,
  signal: AbortSignal,
): ImageContext {
  const platform = wantedPlatform(flags);
  return {
    signal,
    userAgent,
    ...(flags['tls-verify'] === undefined ? {} : { tlsVerify: flags['tls-verify'] }),
    ...(flags.authfile === undefined ? {} : { authFile: flags.authfile }),
    ...(flags['cert-dir'] === undefined ? {} : { certificateDirectory: flags['cert-dir'] }),
    ...(flags.creds === undefined ? {} : { credentials: credentials(flags.creds) }),
    ...(platform ? { platform } : {}),
  };
}

function credentials(text: string): { username: string; password: string } {
  const colon = text.indexOf(':');
  if (colon <= 0) throw new Error('--creds wants USERNAME:PASSWORD');
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function wantedPlatform(flags: FlagValues<typeof platformFlags>): ImageContext['platform'] | undefined {
  if (flags.platform !== undefined && (flags.arch !== undefined || flags.os !== undefined)) {
    throw new Error('--platform option can not be specified with --arch or --os');
  }
  const [os = flags.os, architecture = flags.arch, variant = flags.variant] = flags.platform?.split('/') ?? [];
  if (os === undefined && architecture === undefined && variant === undefined) return undefined;
  return {
    ...(os === undefined ? {} : { os }),
    ...(architecture === undefined ? {} : { architecture }),
    ...(variant === undefined ? {} : { variant }),
  };
}

const transient = ['REGISTRY_UNREACHABLE', 'REGISTRY_ERROR', 'BLOB_UNREACHABLE', 'BLOB_TRUNCATED', 'BLOB_STATUS'];

/** `--retry` and `--retry-delay`: what may work the next time is tried again. Default: not at all, as the client retries by itself. */
export async function retrying<T>(flags: FlagValues<typeof registryFlags>, work: () => Promise<T>): Promise<T> {
  const { parseDuration } = await import('@lighter/cli/flags');
  const delay = flags['retry-delay'] === undefined ? 1000 : parseDuration(flags['retry-delay']) / 1e6;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt > (flags.retry ?? 0) || !transient.includes((error as { code?: string }).code ?? '')) throw error;
      const { log } = await import('@lighter/cli/log');
      log('warn', `Failed, retrying in ${delay}ms ... (${attempt}/${flags.retry}). Error: ${(error as Error).message}`);
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
  }
}

/** `--signature-policy`, else the system's. */
export async function policyOf(flags: FlagValues<typeof registryFlags>) {
  const { readPolicy } = await import('@lighter/config/policy');
  return readPolicy(flags['signature-policy'] === undefined ? {} : { file: flags['signature-policy'] });
}
