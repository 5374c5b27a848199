/** Clients for the registries that a name really stands for, as registries.conf says. */
import { findRegistry, pullEndpoints, type RegistriesConfiguration, readRegistries } from '@lighter/config/registries';
import { rootlessUid } from '@lighter/linux/launched';
import { formatReference, parseReference, type Reference, repositoryName } from '@lighter/spec/reference';
import { ImageError } from '../../errors.ts';
import { RegistryClient } from '../../registry/client.ts';
import type { ImageContext } from '../../types.ts';
import type { DockerReference } from './reference.ts';

/** A place that an image may be read from. */
export interface Endpoint {
  readonly reference: Reference;
  /** Throws BLOCKED where the configuration forbids it: other places may still serve. */
  connect(): RegistryClient;
}

/** The registry itself, for writing, deleting and listing: mirrors and rewriting are for reading. */
export async function connect(
  reference: DockerReference,
  actions: string,
  context: ImageContext,
): Promise<RegistryClient> {
  const configuration = await readRegistries({ rootlessUid: rootlessUid() });
  return client(reference.reference, insecureIn(configuration, reference.reference), actions, context, configuration);
}

/** Mirrors in order, then the registry. */
export async function readingEndpoints(reference: DockerReference, context: ImageContext): Promise<Endpoint[]> {
  const configuration = await readRegistries({ rootlessUid: rootlessUid() });
  return pullEndpoints(configuration, formatReference(reference.reference)).map(({ name, insecure }) => {
    const physical = parseReference(name);
    const own = physical.domain === reference.reference.domain;
    // Credentials from the command line are for the registry that was named.
    const { credentials: _credentials, registryToken: _token, ...rest } = context;
    return {
      reference: physical,
      connect: () => client(physical, insecure, 'pull', own ? context : rest, configuration),
    };
  });
}

function client(
  reference: Reference,
  insecure: boolean,
  actions: string,
  context: ImageContext,
  configuration: RegistriesConfiguration,
): RegistryClient {
  const name = repositoryName(reference);
  const entry = findRegistry(configuration, name);
  if (entry?.blocked)
    throw new ImageError('BLOCKED', `registry ${entry.prefix} is blocked in ${configuration.files.join(', ')}`);
  const verify = context.tlsVerify ?? !insecure;
  return new RegistryClient({
    domain: reference.domain,
    path: reference.path,
    insecure: !verify,
    actions,
    context,
    credentialHelpers: configuration.credentialHelpers,
  });
}

function insecureIn(configuration: RegistriesConfiguration, reference: Reference): boolean {
  return findRegistry(configuration, repositoryName(reference))?.insecure ?? false;
}
