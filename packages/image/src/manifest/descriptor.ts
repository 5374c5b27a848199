/** Descriptors as Go's structures write them, key by key. */
import type { Descriptor } from '@lighter/spec/blob';

/** Docker's hold size before digest, and nothing but URLs besides. */
export function dockerDescriptor({ mediaType, digest, size, urls }: Descriptor): object {
  return { mediaType, size, digest, ...(urls && urls.length > 0 ? { urls } : {}) };
}

/** OCI image-spec descriptor.md. */
export function ociDescriptor(descriptor: Descriptor): object {
  const { mediaType, digest, size, urls, annotations, data, platform, artifactType } = descriptor;
  return {
    mediaType,
    digest,
    size,
    ...(urls && urls.length > 0 ? { urls } : {}),
    ...(annotations && Object.keys(annotations).length > 0 ? { annotations } : {}),
    ...(data ? { data } : {}),
    ...(platform ? { platform } : {}),
    ...(artifactType ? { artifactType } : {}),
  };
}
