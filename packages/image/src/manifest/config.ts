/** A Docker configuration as an OCI one (OCI image-spec config.md). */
import { goJson, sortedKeys } from '@lighter/spec/go-json';
import type { ImageConfig, ImageConfigParameters } from '@lighter/spec/oci-image';
import { ImageError } from '../errors.ts';

/** Largest configuration that is read, in bytes. */
export const MAX_CONFIG_BYTES = 4 * 1024 * 1024;

const parameterKeys = [
  'User',
  'ExposedPorts',
  'Env',
  'Entrypoint',
  'Cmd',
  'Volumes',
  'WorkingDir',
  'Labels',
  'StopSignal',
  'ArgsEscaped',
] as const satisfies readonly (keyof ImageConfigParameters)[];

export function parseConfig(bytes: Uint8Array): ImageConfig & { readonly docker_version?: string } {
  try {
    const config = JSON.parse(Buffer.from(bytes).toString());
    if (typeof config === 'object' && config !== null && !Array.isArray(config)) return config;
  } catch (error) {
    throw new ImageError('MANIFEST_INVALID', `the image configuration isn't JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
  throw new ImageError('MANIFEST_INVALID', "the image configuration isn't a JSON object");
}

/** Only what the standard knows, in the order of Go's structures and without empty values: the digest changes. */
export function ociConfigText(config: ImageConfig): string {
  const parameters = Object.fromEntries(
    parameterKeys.flatMap((key) => {
      const value = config.config?.[key];
      return isEmpty(value) ? [] : [[key, isMap(value) ? sortedKeys<unknown>(value) : value]];
    }),
  );
  return goJson({
    ...(config.created ? { created: config.created } : {}),
    ...(config.author ? { author: config.author } : {}),
    architecture: config.architecture ?? '',
    ...(config.variant ? { variant: config.variant } : {}),
    os: config.os ?? '',
    ...(config['os.version'] ? { 'os.version': config['os.version'] } : {}),
    ...(config['os.features']?.length ? { 'os.features': config['os.features'] } : {}),
    config: parameters,
    rootfs: { type: config.rootfs?.type ?? '', diff_ids: config.rootfs?.diff_ids ?? null },
    ...(config.history?.length ? { history: config.history.map(historyEntry) } : {}),
  });
}

function historyEntry(entry: NonNullable<ImageConfig['history']>[number]): object {
  const { created, created_by, author, comment, empty_layer } = entry;
  return {
    ...(created ? { created } : {}),
    ...(created_by ? { created_by } : {}),
    ...(author ? { author } : {}),
    ...(comment ? { comment } : {}),
    ...(empty_layer ? { empty_layer } : {}),
  };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return true;
  return Array.isArray(value) ? value.length === 0 : isMap(value) && Object.keys(value).length === 0;
}
