/** `podman volume` and its verbs. */
import type { VerbGroup } from '@lighter/cli/command';
import type { PodmanContext } from './context.ts';

export const volumeVerbs: VerbGroup<PodmanContext> = {
  summary: 'Manage volumes',
  verbs: {
    create: { summary: 'Create a new volume', load: () => import('./verbs/volume-create.ts') },
    exists: { summary: 'Check if volume exists', load: () => import('./verbs/volume-exists.ts') },
    export: { summary: 'Export volumes', load: () => import('./verbs/volume-export.ts') },
    import: {
      summary: 'Import a tarball contents into a podman volume',
      load: () => import('./verbs/volume-import.ts'),
    },
    inspect: {
      summary: 'Display detailed information on one or more volumes',
      load: () => import('./verbs/volume-inspect.ts'),
    },
    ls: { summary: 'List volumes', aliases: ['list'], load: () => import('./verbs/volume-ls.ts') },
    mount: { summary: 'Mount volume', load: () => import('./verbs/volume-mount.ts') },
    prune: { summary: 'Remove all unused volumes', load: () => import('./verbs/volume-prune.ts') },
    rm: { summary: 'Remove one or more volumes', aliases: ['remove'], load: () => import('./verbs/volume-rm.ts') },
    unmount: { summary: 'Unmount volume', aliases: ['umount'], load: () => import('./verbs/volume-unmount.ts') },
  },
};
