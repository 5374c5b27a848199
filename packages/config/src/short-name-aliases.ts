/** Aliases of short image names that were chosen at a prompt, kept beside registries.conf's own (short-name-aliases.conf). */
import { existsSync, readFileSync } from 'node:fs';

export async function readShortNameAliases(
  rootlessUid: number | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Record<string, string>> {
  const cache = env['XDG_CACHE_HOME'] || `${env['HOME'] ?? ''}/.cache`;
  const path = `${rootlessUid === undefined ? '/var/cache' : cache}/containers/short-name-aliases.conf`;
  if (!existsSync(path)) return {};
  const { parse } = await import('smol-toml');
  const { aliases } = parse(readFileSync(path, 'utf8')) as { aliases?: Record<string, string> };
  return aliases ?? {};
}
