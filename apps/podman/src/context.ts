/** What all verbs share: the store and the engine that the program's flags name, opened when they are needed. */
import { defineCommand } from '@lighter/cli/command';
import type { FlagValues } from '@lighter/cli/flags';
import { setLogLevel } from '@lighter/cli/log';
import type { Engine } from '@lighter/engine/engine';
import type { Store } from '@lighter/storage/store-types';
import type { programFlags } from './program-flags.ts';

export class PodmanContext implements AsyncDisposable {
  readonly #flags: FlagValues<typeof programFlags>;
  #store: Promise<Store> | undefined;
  #engine: Promise<Engine> | undefined;

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

  engine(): Promise<Engine> {
    this.#engine ??= Promise.all([import('@lighter/engine/engine'), this.store()]).then(([{ Engine }, store]) => {
      const flags = this.#flags;
      return new Engine(store, {
        command: commandPath(),
        ...(flags['cgroup-manager'] === undefined ? {} : { cgroupManager: flags['cgroup-manager'] }),
        ...(flags.runtime === undefined ? {} : { runtime: flags.runtime }),
        ...(flags['runtime-flag'] === undefined ? {} : { runtimeFlags: flags['runtime-flag'] }),
        ...(flags.conmon === undefined ? {} : { conmon: flags.conmon }),
        ...(flags['network-config-dir'] === undefined ? {} : { networkConfigDirectory: flags['network-config-dir'] }),
        ...(flags['hooks-dir'] === undefined ? {} : { hooksDirectories: flags['hooks-dir'] }),
        ...(flags['cdi-spec-dir'] === undefined ? {} : { cdiDirectories: flags['cdi-spec-dir'] }),
        ...(flags['log-level'] === undefined ? {} : { logLevel: flags['log-level'] }),
      });
    });
    return this.#engine;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#engine) await (await this.#engine.catch(() => undefined))?.[Symbol.asyncDispose]();
    else if (this.#store) await (await this.#store.catch(() => undefined))?.[Symbol.asyncDispose]();
  }
}

/** The launcher of this bundle: dist/podman.js → dist/bin/podman. */
function commandPath(): string {
  const script = process.argv[1] ?? '';
  return `${script.slice(0, script.lastIndexOf('/'))}/bin/podman`;
}

export const podmanCommand = defineCommand<PodmanContext>();
