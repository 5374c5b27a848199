/** From a container's data to what conmon is asked for. */
import { ConmonMonitor } from '@lighter/runtime/conmon/monitor';
import { findConmon } from '@lighter/runtime/programs';
import type { CreateRequest, Monitor } from '@lighter/runtime/types';
import type { ContainerConfig, ContainerPaths } from './config.ts';

export interface CreateOptions {
  /** What conmon runs when the container has ended. */
  readonly exitCommand?: readonly string[];
  readonly preservedFds?: readonly number[];
  /** `NOTIFY_SOCKET`, for `--sdnotify=container`. */
  readonly notifySocket?: string;
  /** conmon is in a unit's cgroup already (`INVOCATION_ID` is set). */
  readonly keepConmonCgroup?: boolean;
  readonly logLevel?: string;
}

/** The monitor that runs this container. `cacheDirectory` is below the run root. */
export function containerMonitor(
  config: Pick<ContainerConfig, 'runtimePath' | 'runtimeArguments'>,
  options: { readonly cacheDirectory: string; readonly conmonPaths?: readonly string[] },
): Monitor {
  return new ConmonMonitor({
    conmonPath: findConmon(options.conmonPaths),
    runtime: { path: config.runtimePath, globalArguments: config.runtimeArguments },
    cacheDirectory: options.cacheDirectory,
  });
}

export function createRequest(
  config: ContainerConfig,
  paths: ContainerPaths,
  options: CreateOptions = {},
): CreateRequest {
  const conmonCgroup = config.cgroups.enabled && !options.keepConmonCgroup ? config.cgroups.conmon : undefined;
  return {
    id: config.id,
    name: config.name,
    bundle: paths.bundle,
    runDirectory: paths.runDirectory,
    exitDirectory: paths.exitDirectory,
    ...(paths.persistDirectory === undefined ? {} : { persistDirectory: paths.persistDirectory }),
    io: config.io,
    inheritStdio: config.io.logDriver === 'passthrough',
    systemdCgroup: config.cgroups.manager === 'systemd' && config.cgroups.enabled,
    ...(conmonCgroup === undefined ? {} : { conmonCgroup }),
    volatileLog: config.autoRemove,
    ...(config.timeout ? { timeout: config.timeout } : {}),
    ...(config.newKeyring === undefined ? {} : { newKeyring: config.newKeyring }),
    ...(config.noPivot === undefined ? {} : { noPivot: config.noPivot }),
    ...(options.exitCommand ? { exitCommand: options.exitCommand } : {}),
    ...(options.preservedFds ? { preservedFds: options.preservedFds } : {}),
    ...(options.notifySocket === undefined || config.sdnotify !== 'container'
      ? {}
      : { sdnotifySocket: options.notifySocket }),
    ...(options.logLevel === undefined ? {} : { logLevel: options.logLevel }),
  };
}
