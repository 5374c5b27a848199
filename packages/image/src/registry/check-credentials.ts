/** Whether a registry accepts credentials. */
import { findRegistry, readRegistries } from '@lighter/config/registries';
import { rootlessUid } from '@lighter/linux/launched';
import { ImageError } from '../errors.ts';
import type { ImageContext } from '../types.ts';
import { RegistryClient } from './client.ts';

/** `context.credentials` are those that are tried. Throws UNAUTHORIZED, or what else is wrong. */
export async function checkCredentials(domain: string, context: ImageContext): Promise<void> {
  const configuration = await readRegistries({ rootlessUid: rootlessUid() });
  const entry = findRegistry(configuration, domain);
  if (entry?.blocked)
    throw new ImageError('BLOCKED', `registry ${entry.prefix} is blocked in ${configuration.files.join(', ')}`);
  const insecure = !(context.tlsVerify ?? !entry?.insecure);
  await new RegistryClient({ domain, path: '', insecure, actions: '', context }).authenticate();
}
