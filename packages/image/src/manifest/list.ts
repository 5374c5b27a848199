/** Lists of images written anew: OCI (image-spec image-index.md) and Docker's manifest list. */
import type { Descriptor } from '@lighter/spec/blob';
import type { Digest } from '@lighter/spec/digest';
import { goJson, sortedKeys } from '@lighter/spec/go-json';
import { isDockerType } from '@lighter/spec/manifest';
import { mediaTypes } from '@lighter/spec/media-types';
import type { ImageIndex, RawManifest } from '@lighter/spec/oci-image';
import { hostPlatform } from '@lighter/spec/platform';
import { ociDescriptor } from './descriptor.ts';

/** Tells those who can choose that an image's layers are compressed by zstd. */
export const ZSTD_ANNOTATION = 'io.github.containers.compression.zstd';

/** The entry for an image as the destination has it now; the same object when nothing has changed. */
export function editedEntry(
  entry: Descriptor,
  copied: { readonly manifest: RawManifest; readonly allZstd: boolean },
  mayAnnotate: boolean,
): Descriptor {
  const { digest, bytes, mediaType } = copied.manifest;
  const annotate = copied.allZstd && mayAnnotate && entry.annotations?.[ZSTD_ANNOTATION] !== 'true';
  if (digest === entry.digest && !(annotate && mediaType === mediaTypes.ociManifest)) return entry;
  return {
    ...entry,
    mediaType,
    digest: digest as Digest,
    size: bytes.length,
    ...(annotate && mediaType === mediaTypes.ociManifest
      ? { annotations: { ...entry.annotations, [ZSTD_ANNOTATION]: 'true' } }
      : {}),
  };
}

export function listText(list: ImageIndex, entries: readonly Descriptor[], type: string): string {
  if (isDockerType(type)) return goJson({ schemaVersion: 2, mediaType: type, manifests: entries.map(dockerEntry) });
  const { artifactType, subject, annotations } = list;
  return goJson({
    schemaVersion: 2,
    mediaType: type,
    ...(artifactType ? { artifactType } : {}),
    manifests: entries.map((entry) =>
      ociDescriptor({ ...entry, ...(entry.annotations ? { annotations: sortedKeys(entry.annotations) } : {}) }),
    ),
    ...(subject ? { subject: ociDescriptor(subject) } : {}),
    ...(annotations && Object.keys(annotations).length > 0 ? { annotations: sortedKeys(annotations) } : {}),
  });
}

/** Docker's entries always name a platform. */
function dockerEntry({ mediaType, size, digest, platform = hostPlatform() }: Descriptor): object {
  const { architecture, os, variant } = platform;
  const version = platform['os.version'];
  const features = platform['os.features'];
  return {
    mediaType,
    size,
    digest,
    platform: {
      architecture,
      os,
      ...(version ? { 'os.version': version } : {}),
      ...(features?.length ? { 'os.features': features } : {}),
      ...(variant ? { variant } : {}),
    },
  };
}
