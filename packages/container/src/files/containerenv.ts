/** `/run/.containerenv`: the mark by which programs see that they run in a container. */
import { rootlessUid } from '@lighter/linux/launched';
import type { ContainerConfig } from '../config.ts';

/** Engine that the file names; programs look at what is before the dash. */
const ENGINE = 'podman-5.8.0';

/** Empty unless the container is privileged, which may know more about its surroundings. */
export function containerEnvFile(config: ContainerConfig): string {
  if (!config.privileged) return '';
  return [
    `engine="${ENGINE}"`,
    `name="${config.name}"`,
    `id="${config.id}"`,
    `image="${config.image?.name ?? ''}"`,
    `imageid="${config.image?.id ?? ''}"`,
    `rootless=${rootlessUid() === undefined ? 0 : 1}`,
    '',
  ].join('\n');
}
