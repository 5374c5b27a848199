/** Mounting by the kernel's overlay file system. */
import { mkdirSync, rmSync } from 'node:fs';
import { MNT_DETACH, MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_RDONLY } from '@lighter/linux/constants';
import { linux } from '@lighter/linux/native';
import { StorageError } from '../errors.ts';
import { isMountPoint, mounts } from '../mountinfo.ts';
import { OverlayLayout } from './layout.ts';

export interface OverlayOptions {
  /** Options of the file system, as configured: `nodev`, `metacopy=on`. */
  readonly mountOptions: readonly string[];
  /** Leave the home as it is instead of making it a private mount point. */
  readonly skipMountHome: boolean;
  /** In a user namespace overlay keeps its attributes as `user.overlay.*`. */
  readonly userNamespace: boolean;
}

export interface MountRequest {
  readonly id: string;
  /** All layers below, nearest first. */
  readonly parents: readonly string[];
  readonly readOnly: boolean;
  readonly volatile: boolean;
  readonly options?: readonly string[] | undefined;
  readonly label?: string | undefined;
}

/** Layers below one that can be mounted (storage: drivers/overlay maxDepth). */
const MAX_LOWERS = 500;

const mountFlags: Readonly<Record<string, number>> = {
  ro: MS_RDONLY,
  rw: 0,
  nodev: MS_NODEV,
  nosuid: MS_NOSUID,
  noexec: MS_NOEXEC,
  dev: 0,
  suid: 0,
  exec: 0,
};

export class OverlayDriver {
  readonly name = 'overlay';
  readonly layout: OverlayLayout;
  readonly #options: OverlayOptions;

  constructor(home: string, options: OverlayOptions) {
    this.layout = new OverlayLayout(home);
    this.#options = options;
  }

  /** Makes the home ready for writing. Throws when this driver can't work on it. */
  prepare(): void {
    if (this.layout.hasMountProgram()) {
      throw new StorageError(
        'DRIVER_UNSUPPORTED',
        `${this.layout.home} was written through a mount program (fuse-overlayfs), which isn't supported yet: its layers can't be mounted by the kernel`,
      );
    }
    this.layout.prepareHome();
  }

  mountPoint(id: string): string {
    return `${this.layout.directory(id)}/merged`;
  }

  isMounted(id: string): boolean {
    return isMountPoint(this.mountPoint(id));
  }

  mount(request: MountRequest): string {
    this.#privateHome();
    const { layout } = this;
    const target = this.mountPoint(request.id);
    if (request.parents.length > MAX_LOWERS)
      throw new StorageError('MOUNT_FAILED', `mounting layer ${request.id}: max depth exceeded`);
    // Tools that still find layers by their short links need every one of the chain.
    for (const id of [request.id, ...request.parents]) layout.linkOf(id);
    const own = layout.contents(request.id);
    const below = request.parents.flatMap((parent) => layout.contents(parent));
    const lower = request.readOnly ? [...own, ...below] : [...own.slice(1), ...below];
    const directory = layout.directory(request.id);
    const { flags, options } = this.#mountOptions(request);
    mkdirSync(target, { recursive: true, mode: 0o700 });
    if (lower.length === (request.readOnly ? 1 : 0)) lower.push(this.#empty(directory));
    // Left by a volatile mount that wasn't unmounted; the kernel refuses to use the folder again while it is there.
    rmSync(`${directory}/work/work/incompat`, { recursive: true, force: true });
    try {
      linux.mountOverlay({
        target,
        lower,
        ...(request.readOnly ? {} : { upper: own[0] as string, work: `${directory}/work` }),
        options,
        flags,
      });
    } catch (error) {
      throw new StorageError('MOUNT_FAILED', `mounting layer ${request.id}: ${(error as Error).message}`, {
        cause: error,
      });
    }
    return target;
  }

  unmount(id: string): void {
    const target = this.mountPoint(id);
    try {
      linux.umount(target, MNT_DETACH);
    } catch (error) {
      // Not mounted here (any more), or gone with its layer.
      if (!['EINVAL', 'ENOENT'].includes((error as { code?: string }).code ?? '')) throw error;
    }
    if (this.layout.exists(id)) this.layout.replaceMerged(id);
  }

  #mountOptions(request: MountRequest): { flags: number; options: string[] } {
    let flags = request.readOnly ? MS_RDONLY : 0;
    const options: string[] = [];
    for (const option of request.options ?? this.#options.mountOptions) {
      const flag = mountFlags[option];
      if (flag === undefined) options.push(option);
      else flags |= flag;
    }
    if (this.#options.userNamespace) options.push('userxattr');
    if (request.volatile && !request.readOnly) options.push('volatile');
    if (request.label) options.push(`context=${request.label}`);
    return { flags, options };
  }

  #empty(directory: string): string {
    mkdirSync(`${directory}/empty`, { recursive: true, mode: 0o700 });
    return `${directory}/empty`;
  }

  /**
   * The home is a private mount point before anything below it is mounted: otherwise the next Go tool binds it on itself and
   * hides our mounts.
   */
  #privateHome(): void {
    if (this.#options.skipMountHome) return;
    const { home } = this.layout;
    const mounted = mounts().findLast((mount) => mount.point === home);
    if (!mounted) linux.mount(home, home, '', MS_BIND);
    if (mounted?.propagation !== '') linux.mount('', home, '', MS_PRIVATE);
  }
}
