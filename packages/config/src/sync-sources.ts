/** Sources of `skopeo sync --src yaml`: which images of which registries are copied (skopeo-sync(1)). */
import { existsSync, readFileSync } from 'node:fs';
import { ConfigError } from './errors.ts';

export interface RegistrySyncSource {
  /** `registry.example.com`. */
  readonly registry: string;
  /** Tags and digests of each repository; none: all tags. */
  readonly images: Readonly<Record<string, readonly string[]>>;
  /** A regular expression for the tags of each repository. */
  readonly imagesByTagRegex: Readonly<Record<string, string>>;
  /** A constraint on versions for the tags of each repository. */
  readonly imagesBySemver: Readonly<Record<string, string>>;
  readonly credentials?: { readonly username: string; readonly password: string };
  readonly tlsVerify?: boolean;
  readonly certificateDirectory?: string;
}

/** In the order of the file. Throws ConfigError. */
export async function readSyncSources(path: string): Promise<RegistrySyncSource[]> {
  if (!existsSync(path)) throw new ConfigError('CONFIG_UNREADABLE', `open ${path}`, 'no such file or directory');
  const { parseYaml } = await import('./yaml.ts');
  let document: unknown;
  try {
    document = parseYaml(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError('CONFIG_INVALID', path, `Failed to unmarshal: ${(error as Error).message}`, { cause: error });
  }
  return Object.entries(mapAt(document ?? {}, path, 'the file')).map(([registry, value]) =>
    sourceOf(path, registry, mapAt(value ?? {}, path, registry)),
  );
}

function sourceOf(path: string, registry: string, section: Readonly<Record<string, unknown>>): RegistrySyncSource {
  const { credentials, 'cert-dir': directory, 'tls-verify': verify } = section;
  const { username = '', password = '' } = mapAt(credentials ?? {}, path, `${registry}.credentials`);
  if (verify !== undefined && verify !== null && typeof verify !== 'boolean')
    throw new ConfigError('CONFIG_INVALID', path, `${registry}.tls-verify is neither true nor false`);
  return {
    registry,
    images: Object.fromEntries(
      Object.entries(mapAt(section['images'] ?? {}, path, `${registry}.images`)).map(([name, tags]) => [
        name,
        listAt(tags ?? [], path, `${registry}.images.${name}`),
      ]),
    ),
    imagesByTagRegex: textsAt(section['images-by-tag-regex'], path, `${registry}.images-by-tag-regex`),
    imagesBySemver: textsAt(section['images-by-semver'], path, `${registry}.images-by-semver`),
    ...(username === '' ? {} : { credentials: { username: String(username), password: String(password) } }),
    ...(typeof verify === 'boolean' ? { tlsVerify: verify } : {}),
    ...(directory ? { certificateDirectory: String(directory) } : {}),
  };
}

function mapAt(value: unknown, path: string, where: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new ConfigError('CONFIG_INVALID', path, `${where} isn't a map`);
}

function textsAt(value: unknown, path: string, where: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(mapAt(value ?? {}, path, where)).map(([name, text]) => [name, String(text)]),
  );
}

/** Tags such as 1.0 are numbers to YAML. */
function listAt(value: unknown, path: string, where: string): string[] {
  if (!Array.isArray(value)) throw new ConfigError('CONFIG_INVALID', path, `${where} isn't a list`);
  return value.map(String);
}
