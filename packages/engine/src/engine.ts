/** What podman's verbs share: the store, the containers' table, containers.conf, and how to call ourselves again. */
import { applyEngineEnvironment, type ContainersConf, readContainersConf } from '@lighter/config/containers';
import type { ContainerConfig, ContainerPaths } from '@lighter/container/config';
import { rootlessUid } from '@lighter/linux/launched';
import type { Monitor } from '@lighter/runtime/types';
import type { Store } from '@lighter/storage/store-types';
import { EnginePaths } from './engine-paths.ts';
import { ContainerTable } from './state/containers.ts';
import { StateDatabase } from './state/database.ts';
import { VolumeTable } from './volumes/table.ts';

export interface EngineOptions {
  /** Absolute path of the `podman` command, for conmon's exit command and the watcher. */
  readonly command: string;
  /** `--cgroup-manager`. */
  readonly cgroupManager?: 'cgroupfs' | 'systemd';
  /** `--runtime`. */
  readonly runtime?: string;
  readonly runtimeFlags?: readonly string[];
  /** `--conmon`. */
  readonly conmon?: string;
  /** `--network-config-dir`. */
  readonly networkConfigDirectory?: string;
  /** `--cdi-spec-dir`. */
  readonly cdiDirectories?: readonly string[];
  /** `--hooks-dir`. */
  readonly hooksDirectories?: readonly string[];
  readonly logLevel?: string;
}

export class Engine implements AsyncDisposable {
  readonly store: Store;
  readonly options: EngineOptions;
  readonly paths: EnginePaths;
  readonly database: StateDatabase;
  readonly containers: ContainerTable;
  readonly volumes: VolumeTable;
  #conf: Promise<ContainersConf> | undefined;

  constructor(store: Store, options: EngineOptions) {
    this.store = store;
    this.options = options;
    this.paths = new EnginePaths(store);
    this.database = new StateDatabase(this.paths.database);
    this.containers = new ContainerTable(this.paths, this.database);
    this.volumes = new VolumeTable(this.database);
  }

  conf(): Promise<ContainersConf> {
    const uid = rootlessUid();
    this.#conf ??= readContainersConf(uid === undefined ? {} : { rootlessUid: uid }).then((conf) => {
      applyEngineEnvironment(conf);
      const { cdiDirectories } = this.options;
      return cdiDirectories ? { ...conf, engine: { ...conf.engine, cdi_spec_dirs: cdiDirectories } } : conf;
    });
    return this.#conf;
  }

  containerPaths(id: string): ContainerPaths {
    return {
      bundle: this.paths.bundle(id),
      runDirectory: this.paths.containerRun(id),
      exitDirectory: this.paths.exits,
      persistDirectory: this.paths.persist(id),
      netnsDirectory: this.paths.networkNamespaces,
    };
  }

  async monitor(config: Pick<ContainerConfig, 'runtimePath' | 'runtimeArguments'>): Promise<Monitor> {
    const { containerMonitor } = await import('@lighter/container/create');
    const conf = await this.conf();
    const conmonPaths = this.options.conmon ? [this.options.conmon] : conf.engine.conmon_path;
    return containerMonitor(config, { cacheDirectory: this.paths.cache, conmonPaths });
  }

  /** Our own command line for cleaning up after a container, whoever runs it. */
  cleanupCommand(id: string, flags: readonly ('--rm' | '--unstarted')[]): string[] {
    const {
      command,
      cgroupManager,
      runtime,
      runtimeFlags = [],
      conmon,
      networkConfigDirectory,
      logLevel,
    } = this.options;
    return [
      command,
      '--root',
      this.store.graphRoot,
      '--runroot',
      this.store.runRoot,
      '--storage-driver',
      this.store.driverName,
      ...(cgroupManager ? ['--cgroup-manager', cgroupManager] : []),
      ...(runtime ? ['--runtime', runtime] : []),
      ...runtimeFlags.flatMap((flag) => ['--runtime-flag', flag]),
      ...(conmon ? ['--conmon', conmon] : []),
      ...(networkConfigDirectory ? ['--network-config-dir', networkConfigDirectory] : []),
      ...(logLevel ? ['--log-level', logLevel] : []),
      'container',
      'cleanup',
      ...flags,
      id,
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.database[Symbol.dispose]();
    await this.store[Symbol.asyncDispose]();
  }
}
