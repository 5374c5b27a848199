/** Limits as `podman run` takes them, checked against each other and turned into the runtime-spec's. */
import type { Resources } from '@lighter/spec/runtime';
import { type BlockIoOptions, blockIoLimits } from './block-io.ts';
import { ContainerError } from './errors.ts';

export interface ResourceOptions {
  /** Bytes. */
  readonly memory?: number;
  /** Memory and swap together, in bytes; -1 is no limit. Default: twice the memory. */
  readonly memorySwap?: number;
  readonly memoryReservation?: number;
  /** 0…100; -1 is the kernel's own choice. */
  readonly memorySwappiness?: number;
  readonly oomKillDisable?: boolean;
  /** Number of processors, with a fraction. */
  readonly cpus?: number;
  /** Microseconds. */
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  readonly cpuShares?: number;
  /** Lists like `0-3,6`. */
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  /** 0 and -1 are no limit. */
  readonly pidsLimit?: number;
  /** Microseconds; cgroup version 1 only. */
  readonly cpuRtPeriod?: number;
  readonly cpuRtRuntime?: number;
  /** 10…1000. */
  readonly blkioWeight?: number;
  readonly blockIo?: BlockIoOptions;
  /** `--cgroup-conf`: files of cgroup version 2. */
  readonly unified?: Readonly<Record<string, string>>;
}

const PERIOD = 100_000;

export function containerResources(options: ResourceOptions): Resources {
  const resources: Resources = {};
  const memory = memoryLimits(options);
  const cpu = cpuLimits(options);
  if (Object.keys(memory).length > 0) resources.memory = memory;
  if (Object.keys(cpu).length > 0) resources.cpu = cpu;
  if (options.pidsLimit !== undefined && options.pidsLimit > 0) resources.pids = { limit: options.pidsLimit };
  const blockIo = blockIoLimits(options.blockIo ?? {});
  if (options.blkioWeight !== undefined) blockIo.weight = options.blkioWeight;
  if (Object.keys(blockIo).length > 0) resources.blockIO = blockIo;
  if (options.unified && Object.keys(options.unified).length > 0) resources.unified = { ...options.unified };
  return resources;
}

function memoryLimits(options: ResourceOptions): NonNullable<Resources['memory']> {
  const { memory, memorySwap, memoryReservation, memorySwappiness } = options;
  if (memorySwap !== undefined && memorySwap !== -1) {
    if (memory === undefined) {
      throw new ContainerError('INVALID', 'you should always set a memory limit when using a memory swap limit');
    }
    if (memorySwap < memory) {
      throw new ContainerError('INVALID', 'minimum memoryswap limit should be larger than memory limit');
    }
  }
  if (memory !== undefined && memoryReservation !== undefined && memory < memoryReservation) {
    throw new ContainerError('INVALID', 'minimum memory limit cannot be less than memory reservation limit');
  }
  if (memorySwappiness !== undefined && (memorySwappiness < -1 || memorySwappiness > 100)) {
    throw new ContainerError('INVALID', `invalid value: ${memorySwappiness}, valid memory swappiness range is 0-100`);
  }
  const swap = memorySwap ?? (memory === undefined ? undefined : memory * 2);
  return {
    ...(memory === undefined ? {} : { limit: memory }),
    ...(swap === undefined ? {} : { swap }),
    ...(memoryReservation === undefined ? {} : { reservation: memoryReservation }),
    ...(memorySwappiness === undefined || memorySwappiness === -1 ? {} : { swappiness: memorySwappiness }),
    ...(options.oomKillDisable ? { disableOOMKiller: true } : {}),
  };
}

function cpuLimits(options: ResourceOptions): NonNullable<Resources['cpu']> {
  const { cpus, cpuPeriod, cpuQuota, cpuShares, cpusetCpus, cpusetMems } = options;
  if (cpus !== undefined && cpuPeriod !== undefined) {
    throw new ContainerError('INVALID', '--cpus and --cpu-period cannot be set together');
  }
  if (cpus !== undefined && cpuQuota !== undefined) {
    throw new ContainerError('INVALID', '--cpus and --cpu-quota cannot be set together');
  }
  for (const [name, list] of [
    ['cpuset-cpus', cpusetCpus],
    ['cpuset-mems', cpusetMems],
  ]) {
    if (list && !/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(list)) {
      throw new ContainerError('INVALID', `invalid value ${list} for ${name}`);
    }
  }
  const period = cpus === undefined ? cpuPeriod : PERIOD;
  const quota = cpus === undefined ? cpuQuota : Math.round(cpus * PERIOD);
  return {
    ...(period === undefined ? {} : { period }),
    ...(quota === undefined ? {} : { quota }),
    ...(cpuShares === undefined ? {} : { shares: cpuShares }),
    ...(options.cpuRtPeriod === undefined ? {} : { realtimePeriod: options.cpuRtPeriod }),
    ...(options.cpuRtRuntime === undefined ? {} : { realtimeRuntime: options.cpuRtRuntime }),
    ...(cpusetCpus ? { cpus: cpusetCpus } : {}),
    ...(cpusetMems ? { mems: cpusetMems } : {}),
  };
}
