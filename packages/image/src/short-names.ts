/** Short names (`fedora`): aliases first, then the registries that are searched for them (containers-registries.conf(5)). */
import { readRegistries } from '@lighter/config/registries';
import { readShortNameAliases } from '@lighter/config/short-name-aliases';
import { rootlessUid } from '@lighter/linux/launched';
import { hasDomain, parseReference } from '@lighter/spec/reference';
import { ImageError } from './errors.ts';

/** Full names that a text without a registry may stand for; empty when nothing is configured. */
export async function shortNameCandidates(text: string): Promise<string[]> {
  const configuration = await readRegistries({ rootlessUid: rootlessUid() });
  const { name, rest } = split(text);
  const alias = (await readShortNameAliases(rootlessUid()))[name] ?? configuration.aliases[name];
  if (alias) return [`${alias}${rest}`];
  return configuration.searchRegistries.map((registry) => `${registry}/${text}`);
}

/** Where to pull a name from, in order. Throws when a short name leads nowhere. */
export async function pullCandidates(text: string): Promise<string[]> {
  if (hasDomain(text)) return [text];
  try {
    parseReference(text);
  } catch (error) {
    throw new ImageError('REFERENCE_INVALID', (error as Error).message, { cause: error });
  }
  const candidates = await shortNameCandidates(text);
  if (candidates.length > 0) return candidates;
  const { files } = await readRegistries({ rootlessUid: rootlessUid() });
  const where =
    files.length > 0
      ? `defined in ${JSON.stringify(files[0])}`
      : 'defined, as no containers-registries.conf(5) was found';
  throw new ImageError(
    'REFERENCE_INVALID',
    `short-name ${JSON.stringify(text)} did not resolve to an alias and no unqualified-search registries are ${where}: give the full name, as in docker.io/library/${text}`,
  );
}

function split(text: string): { name: string; rest: string } {
  const end = text.search(/[:@]/);
  return end < 0 ? { name: text, rest: '' } : { name: text.slice(0, end), rest: text.slice(end) };
}
