/** What all verbs share: the store that the program's flags name, opened when it is needed. */
import { defineCommand } from '@lighter/cli/command';
import type { FlagValues } from '@lighter/cli/flags';
import { setLogLevel } from '@lighter/cli/log';
import type { Store } from '@lighter/storage/store-types';
import type { programFlags } from './program-flags.ts';

export class BuildahContext implements AsyncDisposable {
  readonly #flags: FlagValues<typeof programFlags>;
  #store: Promise<Store> | undefined;

  constructor(flags: FlagValues<typeof programFlags>) {
    this.#flags = flags;
    if (flags['log-level'] !== undefined) setLogLevel(flags['log-level']);
    if (flags['registries-conf'] !== undefined) process.env['CONTAINERS_REGISTRIES_CONF'] = flags['registries-conf'];
  }

  store(): Promise<Store> {
    const { root, runroot, 'storage-driver': driver, 'storage-opt': options } = this.#flags;
    this.#store ??= import('@lighter/storage/open').then(({ openStore }) =>
      openStore({
        ...(root === undefined ? {} : { root }),
        ...(runroot === undefined ? {} : { runRoot: runroot }),
        ...(driver === undefined ? {} : { driver }),
        ...(options === undefined ? {} : { options }),
      }),
    );
    return this.#store;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#store) await (await this.#store.catch(() => undefined))?.[Symbol.asyncDispose]();
  }
}

export const buildahCommand = defineCommand<BuildahContext>();
