/** From the command line of `podman create` and `run` to the options of a container. */
import { readFileSync } from 'node:fs';
import type { FlagValues } from '@lighter/cli/flags';
import type { ContainersConf } from '@lighter/config/containers';
import type { ContainerOptions } from '@lighter/container/options';
import type { ResourceOptions } from '@lighter/container/resources';
import { parseSize } from '@lighter/container/sizes';
import { signalNumber } from '@lighter/linux/signals';
import type { NamespaceMode } from '@lighter/runtime/spec/request';
import { type createFlags, createFlagsLater } from './create-flags.ts';
import { environmentOf } from './environment.ts';
import { refuseLater } from './later-flags.ts';
import { timeZoneMount } from './mount-options.ts';
import { networkOf } from './network-options.ts';

type Flags = FlagValues<typeof createFlags>;

export function containerOptions(flags: Flags, command: readonly string[], conf: ContainersConf): ContainerOptions {
  refuse(flags);
  const resources = resourcesOf(flags);
  const entrypoint = flags.entrypoint === undefined ? undefined : entrypointOf(flags.entrypoint);
  const logs = logOptions(flags);
  const stopSignal = flags['stop-signal'] === undefined ? undefined : signal(flags['stop-signal']);
  return defined({
    command: command.length > 0 ? command : undefined,
    entrypoint,
    env: environmentOf(flags['env-file'] ?? [], flags.env ?? []),
    envHost: flags['env-host'],
    httpProxy: flags['http-proxy'],
    envMerge: flags['env-merge'],
    unsetEnv: flags.unsetenv,
    unsetEnvAll: flags['unsetenv-all'],
    workdir: flags.workdir,
    user: flags.user,
    groupAdd: flags['group-add'],
    accounts: accountsOf(flags),
    personality: flags.personality,
    rdtClass: flags['rdt-class'],
    systemd: flags.systemd,
    shmSizeSystemd: flags['shm-size-systemd'] === undefined ? undefined : parseSize(flags['shm-size-systemd']),
    seccompPolicy: flags['seccomp-policy'],
    hostname: flags.hostname,
    terminal: flags.tty,
    interactive: flags.interactive,
    privileged: flags.privileged,
    readOnly: flags['read-only'],
    readOnlyTmpfs: flags['read-only-tmpfs'],
    capAdd: flags['cap-add'],
    capDrop: flags['cap-drop'],
    securityOpt: flags['security-opt'],
    pid: namespaceMode('pid', flags.pid),
    uts: namespaceMode('uts', flags.uts),
    cgroupns: namespaceMode('cgroupns', flags.cgroupns),
    ipc: ipcMode(flags.ipc),
    network: networkOf(flags, conf),
    mounts: flags.tz || conf.containers.tz ? [timeZoneMount(flags.tz || conf.containers.tz)] : undefined,
    device: flags.device || flags.gpus ? [...(flags.device ?? []), ...gpus(flags.gpus)] : undefined,
    deviceCgroupRule: flags['device-cgroup-rule'],
    ulimit: flags.ulimit,
    resources,
    cgroupParent: flags['cgroup-parent'],
    cgroups: flags.cgroups,
    sysctl: flags.sysctl && pairs(flags.sysctl, '--sysctl'),
    annotation: flags.annotation && pairs(flags.annotation, '--annotation'),
    stopSignal,
    stopTimeout: flags['stop-timeout'],
    timeout: flags.timeout,
    oomScoreAdj: flags['oom-score-adj'],
    umask: flags.umask,
    init: flags.init,
    initPath: flags['init-path'],
    shmSize: flags['shm-size'] === undefined ? undefined : parseSize(flags['shm-size']),
    noHosts: flags['no-hosts'],
    addHost: flags['add-host'],
    noHostname: flags['no-hostname'],
    hostsFile: flags['hosts-file'],
    dns: flags.dns,
    dnsSearch: flags['dns-search'],
    dnsOption: flags['dns-option'],
    ...logs,
    autoRemove: flags.rm || flags.rmi,
    sdnotify: flags.sdnotify,
  }) as ContainerOptions;
}

/** Labels of `--label-file`, then of `--label`. */
export function labelsOf(flags: Flags): Record<string, string> {
  const lines = (flags['label-file'] ?? []).flatMap((path) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith('#')),
  );
  return pairs([...lines, ...(flags.label ?? [])], '--label', true);
}

/** What would need parts that aren't there is refused; nothing is ignored. */
function refuse(flags: Flags): void {
  refuseLater(flags, createFlagsLater);
  const only = (name: keyof Flags, ...accepted: readonly (string | boolean)[]) => {
    const value = flags[name] as string | boolean | undefined;
    if (value === undefined || accepted.includes(value)) return;
    throw new Error(`--${name}=${value} is not built yet: only ${accepted.filter((one) => one !== '').join(', ')} is`);
  };
  const restart = flags.restart ?? '';
  if ((flags.rm || flags.rmi) && !['', 'no', 'none'].includes(restart)) {
    throw new Error('the --rm option conflicts with --restart, when the restartPolicy is not "" and "no"');
  }
  only('restart', 'no', 'none', '');
  only('health-cmd', 'none');
}

/** Without what is undefined: an option that isn't given has its default elsewhere. */
function defined(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** A JSON list of texts, else one word; '' is none. */
function entrypointOf(text: string): string[] {
  if (text === '') return [];
  try {
    const parsed: unknown = JSON.parse(text);
    if (Array.isArray(parsed) && parsed.every((one) => typeof one === 'string')) return parsed;
  } catch {
    // one word
  }
  return [text];
}

function signal(text: string): number {
  const number = signalNumber(text);
  if (number === undefined) throw new Error(`invalid signal: ${text}`);
  return number;
}

function namespaceMode(flag: string, text: string | undefined): NamespaceMode | undefined {
  if (text === undefined) return undefined;
  if (text === '' || text === 'private') return { mode: 'private' };
  if (text === 'host') return { mode: 'host' };
  if (text.startsWith('ns:')) return { mode: 'path', path: text.slice('ns:'.length) };
  if (text.startsWith('container:')) return { mode: 'path', path: text };
  throw new Error(
    `unrecognized namespace mode ${text} passed: --${flag} takes private, host, container:NAME and ns:PATH`,
  );
}

function ipcMode(text: string | undefined): ContainerOptions['ipc'] | undefined {
  if (text === 'shareable' || text === 'none') return { mode: text };
  return namespaceMode('ipc', text);
}

function resourcesOf(flags: Flags): ResourceOptions | undefined {
  const size = (text: string | undefined) => (text === undefined ? undefined : text === '-1' ? -1 : parseSize(text));
  const cpus = flags.cpus === undefined ? undefined : Number(flags.cpus);
  if (cpus !== undefined && !(cpus >= 0))
    throw new Error(`invalid argument ${JSON.stringify(flags.cpus)} for "--cpus" flag`);
  const resources = defined({
    memory: size(flags.memory),
    memorySwap: size(flags['memory-swap']),
    memoryReservation: size(flags['memory-reservation']),
    memorySwappiness: flags['memory-swappiness'],
    oomKillDisable: flags['oom-kill-disable'],
    cpus: cpus === 0 ? undefined : cpus,
    cpuPeriod: flags['cpu-period'],
    cpuQuota: flags['cpu-quota'],
    cpuShares: flags['cpu-shares'],
    cpusetCpus: flags['cpuset-cpus'],
    cpusetMems: flags['cpuset-mems'],
    pidsLimit: flags['pids-limit'],
    blkioWeight: flags['blkio-weight'],
    blockIo: blockIoOf(flags),
    cpuRtPeriod: flags['cpu-rt-period'],
    cpuRtRuntime: flags['cpu-rt-runtime'],
    unified: flags['cgroup-conf'] && pairs(flags['cgroup-conf'], '--cgroup-conf'),
  });
  return Object.keys(resources).length > 0 ? (resources as ResourceOptions) : undefined;
}

/** `all`, or a list of their numbers: devices of the vendor whose name upstream has built in. */
function gpus(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .filter(Boolean)
    .map((name) => `nvidia.com/gpu=${name}`);
}

function blockIoOf(flags: Flags): ResourceOptions['blockIo'] | undefined {
  const limits = defined({
    weightDevice: flags['blkio-weight-device'],
    readBps: flags['device-read-bps'],
    writeBps: flags['device-write-bps'],
    readIops: flags['device-read-iops'],
    writeIops: flags['device-write-iops'],
  });
  return Object.keys(limits).length > 0 ? limits : undefined;
}

function accountsOf(flags: Flags): ContainerOptions['accounts'] | undefined {
  const accounts = defined({
    disabled: flags.passwd === false ? true : undefined,
    passwdEntry: flags['passwd-entry'],
    groupEntry: flags['group-entry'],
    hostUsers: flags.hostuser,
  });
  return Object.keys(accounts).length > 0 ? accounts : undefined;
}

function logOptions(flags: Flags): Pick<ContainerOptions, 'logDriver' | 'logPath' | 'logSizeMax' | 'logTag'> {
  const options = pairs(flags['log-opt'] ?? [], '--log-opt');
  const unknown = Object.keys(options).find((key) => !['path', 'max-size', 'tag'].includes(key));
  if (unknown !== undefined)
    throw new Error(`unsupported log option ${JSON.stringify(unknown)}: path, max-size and tag are supported`);
  return defined({
    logDriver: flags['log-driver'],
    logPath: options['path'],
    logSizeMax: options['max-size'] === undefined ? undefined : parseSize(options['max-size']),
    logTag: options['tag'],
  });
}

function pairs(texts: readonly string[], flag: string, keysAlone = false): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const equals = text.indexOf('=');
      if (equals < 0 && keysAlone) return [text, ''];
      if (equals <= 0) throw new Error(`${flag} ${JSON.stringify(text)} must be in KEY=VALUE form`);
      return [text.slice(0, equals), text.slice(equals + 1)];
    }),
  );
}
