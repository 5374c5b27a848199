/** One GET whose bytes are pushed: over a bare socket where that is enough, else by Node's HTTP client. */
import type { HttpRecipe } from '@lighter/spec/blob';
import { agentFor } from '../http-agent.ts';
import { followRedirects } from './redirects.ts';
import { type SocketAnswer, socketGet } from './socket-get.ts';

/** Bytes from `offset` on, each chunk valid during its call only. */
export async function pumpedGet(
  recipe: HttpRecipe,
  offset: number,
  take: (bytes: Buffer) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { plain } = await followRedirects(
    recipe,
    offset,
    // Proxies have rules of their own.
    (hop): Promise<SocketAnswer> | SocketAnswer =>
      agentFor(hop.url) ? { plain: true } : socketGet(hop, offset, take, signal),
    ({ location }) => location,
  );
  if (!plain) return;
  const { httpGet } = await import('./http-get.ts');
  for await (const chunk of httpGet(recipe, offset, signal)) take(chunk);
}
