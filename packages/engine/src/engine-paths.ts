/** Where the engine keeps what is its own: below the store's roots, apart from the Go tool's. */
import type { Store } from '@lighter/storage/store-types';

export class EnginePaths {
  readonly #graphRoot: string;
  readonly #runRoot: string;

  constructor({ graphRoot, runRoot }: Pick<Store, 'graphRoot' | 'runRoot'>) {
    this.#graphRoot = graphRoot;
    this.#runRoot = runRoot;
  }

  /** Records of containers that outlive a boot. */
  get database(): string {
    return `${this.#graphRoot}/lighter/state.db`;
  }

  get runDirectory(): string {
    return `${this.#runRoot}/lighter`;
  }

  /** Names the boot that the rest of the folder belongs to. */
  get boot(): string {
    return `${this.runDirectory}/boot`;
  }

  /** One folder per container: record.json (`--rm` only), state.json, owner. */
  get containers(): string {
    return `${this.runDirectory}/containers`;
  }

  container(id: string): string {
    return `${this.containers}/${id}`;
  }

  owner(id: string): string {
    return `${this.container(id)}/owner`;
  }

  /** A folder for each exec session. */
  execSessions(id: string): string {
    return `${this.container(id)}/exec`;
  }

  get exits(): string {
    return `${this.runDirectory}/exits`;
  }

  persist(id: string): string {
    return `${this.runDirectory}/persist/${id}`;
  }

  get cache(): string {
    return `${this.runDirectory}/cache`;
  }

  /** Pinned network namespaces. */
  get networkNamespaces(): string {
    return process.geteuid?.() === 0 && !process.env['_CONTAINERS_ROOTLESS_UID']
      ? '/run/netns'
      : `${this.runDirectory}/netns`;
  }

  /** A container's own folders in the store. */
  bundle(id: string): string {
    return `${this.#graphRoot}/overlay-containers/${id}/userdata`;
  }

  containerRun(id: string): string {
    return `${this.#runRoot}/overlay-containers/${id}/userdata`;
  }
}
