/** `transport:details` to a reference. A transport's module loads when it is named. */
import { ImageError } from './errors.ts';
import type { ImageReference, Transport } from './types.ts';

const transports: Readonly<Record<string, () => Promise<Transport>>> = {
  docker: async () => (await import('./transports/docker/reference.ts')).dockerTransport,
  oci: async () => (await import('./transports/oci/reference.ts')).ociTransport,
  'oci-archive': async () => (await import('./transports/oci-archive/reference.ts')).ociArchiveTransport,
  'docker-archive': async () => (await import('./transports/docker-archive/reference.ts')).dockerArchiveTransport,
  dir: async () => (await import('./transports/dir/reference.ts')).dirTransport,
  'containers-storage': async () => (await import('./transports/containers-storage/reference.ts')).storageTransport,
};

/** Transports that upstream has and that aren't there yet. */
const later = ['docker-daemon', 'tarball', 'atomic', 'sif', 'ostree'];

/** Whether `text` begins with the name of a transport, so that it isn't a plain image name. */
export function hasTransport(text: string): boolean {
  const name = text.slice(0, Math.max(0, text.indexOf(':')));
  return name in transports || later.includes(name);
}

export async function parseImageName(text: string): Promise<ImageReference> {
  const colon = text.indexOf(':');
  if (colon < 0) {
    throw new ImageError(
      'REFERENCE_INVALID',
      `Invalid image name ${JSON.stringify(text)}, expected colon-separated transport:reference`,
    );
  }
  const name = text.slice(0, colon);
  const load = Object.hasOwn(transports, name) ? transports[name] : undefined;
  if (!load) {
    if (later.includes(name))
      throw new ImageError('UNSUPPORTED', `The transport ${JSON.stringify(`${name}:`)} is not built yet`);
    throw new ImageError(
      'TRANSPORT_UNKNOWN',
      `Invalid image name ${JSON.stringify(text)}, unknown transport ${JSON.stringify(name)}`,
    );
  }
  return (await load()).parse(text.slice(colon + 1));
}
