/** Getting an image for a verb, by its policy, with podman's words. */
import type { FlagValues } from '@lighter/cli/flags';
import { ensureImage, type PullPolicy } from '@lighter/image/pull';
import type { Image, Store } from '@lighter/storage/store-types';
import { copyProgress } from './progress.ts';
import { type platformFlags, policyOf, registryContext, type registryFlags, retrying } from './registry-flags.ts';

export interface PullRequest {
  readonly flags: FlagValues<typeof registryFlags & typeof platformFlags>;
  readonly policy: PullPolicy;
  readonly quiet: boolean;
  readonly signal: AbortSignal;
}

export async function obtainImage(
  store: Store,
  name: string,
  { flags, policy, quiet, signal }: PullRequest,
): Promise<Image> {
  const trust = await policyOf(flags);
  return retrying(flags, () =>
    ensureImage(store, name, policy, {
      policy: trust,
      sourceContext: registryContext(flags, signal),
      signal,
      onEvent: copyProgress(quiet),
      onTry(reference) {
        if (!quiet) process.stderr.write(`Trying to pull ${reference.replace(/^docker:\/\//, '')}...\n`);
      },
    }),
  );
}

export function pullPolicy(text: string | undefined): PullPolicy {
  const policy = text ?? 'missing';
  if (policy === 'always' || policy === 'missing' || policy === 'never' || policy === 'newer') return policy;
  if (policy === 'true') return 'always';
  if (policy === 'false') return 'never';
  throw new Error(`unsupported pull policy ${JSON.stringify(policy)}`);
}
