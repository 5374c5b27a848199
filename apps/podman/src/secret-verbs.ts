/** `podman secret` and its verbs. */
import type { VerbGroup } from '@lighter/cli/command';
import type { PodmanContext } from './context.ts';

export const secretVerbs: VerbGroup<PodmanContext> = {
  summary: 'Manage secrets',
  verbs: {
    create: { summary: 'Create a new secret', load: () => import('./verbs/secret-create.ts') },
    exists: { summary: 'Check if a secret exists in local storage', load: () => import('./verbs/secret-exists.ts') },
    inspect: { summary: 'Inspect a secret', load: () => import('./verbs/secret-inspect.ts') },
    ls: { summary: 'List secrets', aliases: ['list'], load: () => import('./verbs/secret-ls.ts') },
    rm: { summary: 'Remove one or more secrets', aliases: ['remove'], load: () => import('./verbs/secret-rm.ts') },
  },
};
