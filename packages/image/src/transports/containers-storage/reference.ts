/** `containers-storage:[[driver@]graphroot[+runroot][:options]]name|id`: images in a store. */
import { formatReference, parseReference, type Reference, withDefaultTag } from '@lighter/spec/reference';
import { openStore, type StoreOptions } from '@lighter/storage/open';
import type { Store } from '@lighter/storage/store-types';
import { ImageError } from '../../errors.ts';
import type { ImageContext, ImageReference, Transport } from '../../types.ts';

export const storageTransport: Transport = {
  name: 'containers-storage',
  parse(text) {
    const { store, rest } = storeSpecification(text);
    return new StorageReference(rest, store);
  },
};

/** `[overlay@/root+/run:key=value]` in front of the name. */
function storeSpecification(text: string): { store: StoreOptions; rest: string } {
  if (!text.startsWith('[')) return { store: {}, rest: text };
  const end = text.indexOf(']');
  const [, driver, root = '', run, options] =
    /^(?:(\w+)@)?([^+:]*)(?:\+([^:]*))?(?::(.*))?$/.exec(text.slice(1, Math.max(1, end))) ?? [];
  if (end < 0 || (root === '' && run === undefined))
    throw new ImageError(
      'REFERENCE_INVALID',
      `containers-storage: invalid store specification in ${JSON.stringify(text)}`,
    );
  for (const path of [root, run])
    if (path && !path.startsWith('/'))
      throw new ImageError('REFERENCE_INVALID', `containers-storage: path name is not absolute: ${path}`);
  return {
    store: {
      ...(driver ? { driver } : {}),
      ...(root ? { root } : {}),
      ...(run ? { runRoot: run } : {}),
      ...(options ? { options: options.split(',') } : {}),
    },
    rest: text.slice(end + 1),
  };
}

/** A name or id in a store, which is opened when it is needed, or was handed over open. */
export class StorageReference implements ImageReference {
  readonly transport = 'containers-storage';
  readonly text: string;
  readonly #store: StoreOptions | Store;

  constructor(text: string, store: StoreOptions | Store) {
    if (text === '') throw new ImageError('REFERENCE_INVALID', 'containers-storage: a name or ID is missing');
    this.text = text;
    this.#store = store;
  }

  /** The normalised name with a tag, or undefined for an id. */
  get named(): Reference | undefined {
    if (/^[0-9a-f]{64}$/.test(this.text)) return undefined;
    try {
      return withDefaultTag(parseReference(this.text.replace(/@[0-9a-f]{3,64}$/, '')));
    } catch (error) {
      throw new ImageError('REFERENCE_INVALID', (error as Error).message, { cause: error });
    }
  }

  get dockerReference(): string | undefined {
    return this.named && formatReference(this.named);
  }

  get policyScopes(): string[] {
    if ('graphRoot' in this.#store)
      return [
        `[${this.#store.driverName}@${this.#store.graphRoot}]${this.text}`,
        `[${this.#store.driverName}@${this.#store.graphRoot}]`,
        `[${this.#store.graphRoot}]`,
      ];
    const { root, driver = 'overlay' } = this.#store;
    return root === undefined ? [] : [`[${driver}@${root}]${this.text}`, `[${driver}@${root}]`, `[${root}]`];
  }

  toString(): string {
    return `containers-storage:${this.text}`;
  }

  async open(_context: ImageContext) {
    return (await import('./source.ts')).openStorageSource(this.text, await this.#openStore());
  }

  async create(_context: ImageContext) {
    return (await import('./destination.ts')).createStorageDestination(this.named, await this.#openStore());
  }

  async delete(_context: ImageContext): Promise<void> {
    const { findLocalImage } = await import('../../local-images.ts');
    const { store, own } = await this.#openStore();
    try {
      const image = await findLocalImage(store, this.text);
      await store.deleteImage(image.id);
    } finally {
      if (own) await store[Symbol.asyncDispose]();
    }
  }

  /** `own`: opened here, to be closed by whoever uses it. */
  async #openStore(): Promise<{ store: Store; own: boolean }> {
    if ('graphRoot' in this.#store) return { store: this.#store, own: false };
    return { store: await openStore(this.#store), own: true };
  }
}
