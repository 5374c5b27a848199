/**
 * A working container: a root file system made from an image, or empty, that is changed step by step and committed as a
 * new image. Its state stands in the store, shared with Go's buildah; nothing stays in memory between two commands.
 */

import { goTime } from '@lighter/spec/go-json';
import type { Container, Store } from '@lighter/storage/store-types';
import type { CommitOptions, Committed } from './commit/commit-options.ts';
import { commitToStore } from './commit/to-store.ts';
import { applyChanges } from './config/apply-changes.ts';
import type { ConfigChanges, ConfigEnvironment } from './config/changes.ts';
import type { ContentSummary, CopyRequest } from './copy/copy-request.ts';
import { BuildError } from './errors.ts';
import { localName } from './image-names.ts';
import type { BuilderState } from './state/builder-state.ts';
import { writeState } from './state/state-file.ts';

export class Builder {
  readonly store: Store;
  readonly container: Container;
  readonly state: BuilderState;
  readonly #userdata: string;

  /** Use createBuilder or openBuilder. */
  constructor(store: Store, container: Container, state: BuilderState, userdata: string) {
    this.store = store;
    this.container = container;
    this.state = state;
    this.#userdata = userdata;
  }

  get id(): string {
    return this.container.id;
  }

  get name(): string {
    return this.state['container-name'];
  }

  /** Path where it is mounted, as far as its state says. */
  get mountPoint(): string | undefined {
    return this.state.mountpoint || undefined;
  }

  save(): void {
    writeState(this.#userdata, this.state);
  }

  /** Mounts the root file system and returns its path. Each mount wants its own unmount. */
  async mount(): Promise<string> {
    requireMountRights(this.store);
    const path = await this.store.mount(this.id);
    this.state.mountpoint = path;
    this.save();
    return path;
  }

  /** Takes one mount back; the state then says unmounted even if others hold it, as with Go's buildah. */
  async unmount(): Promise<void> {
    await this.store.unmount(this.id);
    delete this.state.mountpoint;
    this.save();
  }

  /** Changes the configuration of the image to be. */
  configure(changes: ConfigChanges, outside: ConfigEnvironment): void {
    applyChanges(this.state, changes, outside);
    this.save();
  }

  /** A step without a layer of its own, told in the history of the next commit. */
  addHistory(createdBy: string): void {
    const entry = { created: goTime(new Date()), created_by: createdBy, empty_layer: true };
    this.state.PrependedEmptyLayers = [...(this.state.PrependedEmptyLayers ?? []), entry];
    this.save();
  }

  /**
   * Copies files into the container. Returns what history and cache know the content by, or undefined when nothing was
   * copied.
   */
  async copy(request: CopyRequest): Promise<ContentSummary | undefined> {
    const { copyInto } = await import('./copy/copy-into.ts');
    const root = await this.store.mount(this.id);
    try {
      return await copyInto(root, this.state.ociv1.config?.WorkingDir || '/', request);
    } finally {
      await this.store.unmount(this.id);
    }
  }

  /** Makes an image of what the container is now. It can be changed and committed again afterwards. */
  async commit(options: CommitOptions = {}): Promise<Committed> {
    const { destination } = options;
    if (!destination || 'name' in destination) {
      const names = destination ? [localName(destination.name)] : [];
      return commitToStore(this.store, this.container, this.state, names, options);
    }
    const { commitElsewhere } = await import('./commit/elsewhere.ts');
    return commitElsewhere(this.store, this.container, this.state, destination, options);
  }

  async rename(name: string): Promise<void> {
    if (name === this.name)
      throw new BuildError('INVALID', 'renaming a container with the same name as its current name');
    const others = (await this.store.containers()).find((one) => one.names.includes(name));
    if (others)
      throw new BuildError(
        'INVALID',
        `the container name ${JSON.stringify(name)} is already in use by container ${JSON.stringify(others.id)}`,
      );
    await this.store.setContainerNames(this.id, [name]);
    this.state['container-name'] = name;
    this.save();
  }

  async delete(): Promise<void> {
    await this.store.deleteContainer(this.id);
  }
}

/**
 * An ordinary user's mounts are only seen in the namespace that `buildah unshare` enters. The launcher marks one that it
 * entered for a single command with `init`.
 */
export function requireMountRights(store: Store): void {
  const ordinary = process.getuid?.() !== 0 || process.env['_CONTAINERS_USERNS_CONFIGURED'] === 'init';
  if (!ordinary || store.driverName === 'vfs') return;
  throw new BuildError(
    'NEEDS_USER_NAMESPACE',
    `cannot mount using driver ${store.driverName} in rootless mode. You need to run it in a \`buildah unshare\` session`,
  );
}
