/** Follows redirects of a blob's GET; headers and client certificates go to the first origin only, since they are credentials. */
import type { HttpRecipe, TlsOptions } from '@lighter/spec/blob';
import { ArchiveError } from '../errors.ts';
import { shownUrl } from './shown-url.ts';

const MAX_REDIRECTS = 10;
const redirectStatuses = [301, 302, 303, 307, 308];

export interface Hop {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsOptions;
}

/** Asks hop after hop. `locationOf` gives the target of an answer that is a redirect, having thrown away its body. */
export async function followRedirects<Answer>(
  recipe: HttpRecipe,
  offset: number,
  ask: (hop: Hop) => Promise<Answer> | Answer,
  locationOf: (answer: Answer) => string | undefined,
): Promise<Answer> {
  const first = new URL(recipe.url);
  const range: Record<string, string> = offset > 0 ? { range: `bytes=${offset}-` } : {};
  let url = first;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const own = url.origin === first.origin;
    const answer = await ask({
      url,
      headers: { ...(own ? recipe.headers : {}), ...range },
      tls: own ? (recipe.tls ?? {}) : withoutClient(recipe.tls),
    });
    const location = locationOf(answer);
    if (location === undefined) return answer;
    const next = new URL(location, url);
    if (next.protocol !== 'https:' && !(next.protocol === 'http:' && url.protocol === 'http:'))
      throw new ArchiveError('BLOB_STATUS', `${shownUrl(recipe.url)}: refused a redirect to ${shownUrl(next.href)}`);
    url = next;
  }
  throw new ArchiveError('BLOB_STATUS', `${shownUrl(recipe.url)}: more than ${MAX_REDIRECTS} redirects`);
}

export function isRedirect(status: number): boolean {
  return redirectStatuses.includes(status);
}

/** How servers are trusted holds for all of them, who we are doesn't. */
export function withoutClient({ cert: _cert, key: _key, ...rest }: TlsOptions = {}): TlsOptions {
  return rest;
}
