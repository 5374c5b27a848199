/** All verbs of podman, each loaded when it is called. */
import type { VerbTable } from '@lighter/cli/command';
import type { PodmanContext } from './context.ts';
import { networkVerbs } from './network-verbs.ts';
import { secretVerbs } from './secret-verbs.ts';
import { volumeVerbs } from './volume-verbs.ts';

export const verbs: VerbTable<PodmanContext> = {
  attach: { summary: 'Attach to a running container', load: () => import('./verbs/attach.ts') },
  'container-cleanup': {
    summary: 'Clean up after a container (called by conmon)',
    load: () => import('./verbs/container-cleanup.ts'),
  },
  'container-exists': {
    summary: 'Check if a container exists in local storage',
    load: () => import('./verbs/container-exists.ts'),
  },
  'container-prune': { summary: 'Remove all non running containers', load: () => import('./verbs/container-prune.ts') },
  create: { summary: 'Create but do not start a container', load: () => import('./verbs/create.ts') },
  diff: { summary: "Inspect changes to the container's file systems", load: () => import('./verbs/diff.ts') },
  exec: { summary: 'Run a process in a running container', load: () => import('./verbs/exec.ts') },
  history: { summary: 'Show history of a specified image', load: () => import('./verbs/history.ts') },
  'image-exists': {
    summary: 'Check if an image exists in local storage',
    load: () => import('./verbs/image-exists.ts'),
  },
  'image-prune': { summary: 'Remove unused images', load: () => import('./verbs/image-prune.ts') },
  images: { summary: 'List images in local storage', load: () => import('./verbs/images.ts') },
  info: { summary: 'Display podman system information', load: () => import('./verbs/info.ts') },
  inspect: { summary: 'Display the configuration of a container or image', load: () => import('./verbs/inspect.ts') },
  kill: {
    summary: 'Kill one or more running containers with a specific signal',
    load: () => import('./verbs/kill.ts'),
  },
  load: { summary: 'Load image(s) from a tar archive', load: () => import('./verbs/load.ts') },
  login: { summary: 'Log in to a container registry', load: () => import('./verbs/login.ts') },
  logout: { summary: 'Log out of a container registry', load: () => import('./verbs/logout.ts') },
  logs: { summary: 'Fetch the logs of a container', load: () => import('./verbs/logs.ts') },
  mount: { summary: "Mount a working container's root filesystem", load: () => import('./verbs/mount.ts') },
  network: networkVerbs,
  pause: { summary: 'Pause all the processes in one or more containers', load: () => import('./verbs/pause.ts') },
  port: {
    summary: 'List port mappings or a specific mapping for the container',
    load: () => import('./verbs/port.ts'),
  },
  ps: { summary: 'List containers', load: () => import('./verbs/ps.ts') },
  pull: { summary: 'Pull an image from a registry', load: () => import('./verbs/pull.ts') },
  push: { summary: 'Push an image to a specified destination', load: () => import('./verbs/push.ts') },
  rename: { summary: 'Rename an existing container', load: () => import('./verbs/rename.ts') },
  restart: { summary: 'Restart one or more containers', load: () => import('./verbs/restart.ts') },
  rm: { summary: 'Remove one or more containers', load: () => import('./verbs/rm.ts') },
  rmi: { summary: 'Remove one or more images from local storage', load: () => import('./verbs/rmi.ts') },
  run: { summary: 'Run a command in a new container', load: () => import('./verbs/run.ts') },
  save: { summary: 'Save image(s) to an archive', load: () => import('./verbs/save.ts') },
  secret: secretVerbs,
  start: { summary: 'Start one or more containers', load: () => import('./verbs/start.ts') },
  stop: { summary: 'Stop one or more containers', load: () => import('./verbs/stop.ts') },
  tag: { summary: 'Add an additional name to a local image', load: () => import('./verbs/tag.ts') },
  umount: {
    summary: "Unmount working container's root filesystem",
    aliases: ['unmount'],
    load: () => import('./verbs/umount.ts'),
  },
  unpause: { summary: 'Unpause the processes in one or more containers', load: () => import('./verbs/unpause.ts') },
  untag: { summary: 'Remove a name from a local image', load: () => import('./verbs/untag.ts') },
  unshare: { summary: 'Run a command in a modified user namespace', load: () => import('./verbs/unshare.ts') },
  version: { summary: 'Display the Podman version information', load: () => import('./verbs/version.ts') },
  volume: volumeVerbs,
  wait: { summary: 'Block on one or more containers', load: () => import('./verbs/wait.ts') },
};
