/** `podman network` and its verbs. */
import type { VerbGroup } from '@lighter/cli/command';
import type { PodmanContext } from './context.ts';

export const networkVerbs: VerbGroup<PodmanContext> = {
  summary: 'Manage networks',
  verbs: {
    connect: { summary: 'Add container to a network', load: () => import('./verbs/network-connect.ts') },
    create: { summary: 'Create networks for containers and pods', load: () => import('./verbs/network-create.ts') },
    disconnect: {
      summary: 'Disconnect a container from a network',
      load: () => import('./verbs/network-disconnect.ts'),
    },
    exists: { summary: 'Check if network exists', load: () => import('./verbs/network-exists.ts') },
    inspect: { summary: 'Inspect network', load: () => import('./verbs/network-inspect.ts') },
    ls: { summary: 'List networks', aliases: ['list'], load: () => import('./verbs/network-ls.ts') },
    prune: { summary: 'Prune unused networks', load: () => import('./verbs/network-prune.ts') },
    reload: {
      summary: 'Reload firewall rules for one or more containers',
      load: () => import('./verbs/network-reload.ts'),
    },
    rm: { summary: 'Remove networks', aliases: ['remove'], load: () => import('./verbs/network-rm.ts') },
  },
};
