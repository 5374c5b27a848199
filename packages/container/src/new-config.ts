/** Makes the data of a new container from what the user, its image and containers.conf say. */
import { existsSync } from 'node:fs';
import type { CdiEdits } from '@lighter/config/cdi';
import { isCdiDevice } from '@lighter/config/cdi-name';
import type { ContainersConf } from '@lighter/config/containers';
import { RLIMITS } from '@lighter/linux/constants';
import { signalNumber } from '@lighter/linux/signals';
import { readHostFacts } from '@lighter/runtime/host';
import { findRuntime } from '@lighter/runtime/programs';
import { hostDevices, parseDeviceRule, resolveDevice } from '@lighter/runtime/spec/device-request';
import { containerArguments } from '@lighter/runtime/spec/environment';
import { generateSpec } from '@lighter/runtime/spec/generate';
import { parseUlimit } from '@lighter/runtime/spec/limits';
import type { HostFacts, SecurityOptions, SpecRequest, Ulimit, UserMount } from '@lighter/runtime/spec/request';
import { parseSecurityOptions } from '@lighter/runtime/spec/security-options';
import type { ImageConfigParameters } from '@lighter/spec/oci-image';
import { cgroupPlacement } from './cgroup-placement.ts';
import type { ContainerConfig } from './config.ts';
import { ContainerError } from './errors.ts';
import { containerIo } from './log-options.ts';
import { containerNamespaceModes, shmMode } from './namespaces.ts';
import type { NewContainer } from './options.ts';
import { containerResources, type ResourceOptions } from './resources.ts';
import { parseSize } from './sizes.ts';
import { isSystemdMode, SYSTEMD_STOP_SIGNAL, systemdMounts } from './systemd-mode.ts';

export interface NewConfig {
  readonly config: ContainerConfig;
  /** Sentences for the user about what couldn't be honoured. */
  readonly warnings: readonly string[];
}

/** crun(1): the caller's own groups stay. */
const KEEP_GROUPS = 'keep-groups';

const proxyVariables = ['http_proxy', 'https_proxy', 'ftp_proxy', 'no_proxy'].flatMap((name) => [
  name,
  name.toUpperCase(),
]);

/** Throws ContainerError or RuntimeError `INVALID` for what makes no sense. `host` is for tests. */
export async function newContainerConfig(
  request: NewContainer,
  conf: ContainersConf,
  host: HostFacts = readHostFacts(
    conf.containers.seccomp_profile ? { seccompProfile: conf.containers.seccomp_profile } : {},
  ),
): Promise<NewConfig> {
  const { options, id } = request;
  const cgroups = cgroupPlacement(request, conf, host);
  const asked = request.options.device ?? conf.containers.devices;
  const edits = await deviceEdits(asked.filter(isCdiDevice), conf);
  const plain = { ...request, options: { ...request.options, device: asked.filter((text) => !isCdiDevice(text)) } };
  const specRequest = withEdits(toSpecRequest(plain, conf, host, cgroups.path), edits, host);
  const { spec, warnings } = await generateSpec(specRequest, host);
  for (const { hookName, ...hook } of edits.flatMap(({ hooks = [] }) => hooks)) {
    spec.hooks = { ...spec.hooks, [hookName]: [...(spec.hooks?.[hookName] ?? []), hook] };
  }
  const runtimePath = findRuntime({
    ...(request.runtime || conf.engine.runtime ? { wanted: request.runtime ?? conf.engine.runtime } : {}),
    runtimes: conf.engine.runtimes,
  });
  const runtimeName = runtimePath.slice(runtimePath.lastIndexOf('/') + 1);
  if (options.groupAdd?.includes(KEEP_GROUPS)) {
    if (options.groupAdd.length > 1) {
      throw new ContainerError(
        'INVALID',
        "the '--group-add keep-groups' option is not allowed with any other --group-add options",
      );
    }
    if (runtimeName !== 'crun') {
      throw new ContainerError(
        'INVALID',
        `the '--group-add keep-groups' option needs the runtime crun, not ${runtimeName}`,
      );
    }
  }
  const config: ContainerConfig = {
    id,
    name: request.name,
    ...(request.image ? { image: { id: request.image.id, name: request.image.name } } : {}),
    spec,
    user: specRequest.user ?? '',
    groupAdd: (options.groupAdd ?? []).filter((group) => group !== KEEP_GROUPS),
    ...(options.accounts ? { accounts: options.accounts } : {}),
    createWorkdir: options.workdir === undefined,
    hostname: spec.hostname ?? host.hostname,
    ...((options.noHostname ?? conf.containers.no_hostname) ? { noHostname: true } : {}),
    network: options.network,
    dns: {
      ...(options.dns?.length === 1 && options.dns[0] === 'none' ? { keepImage: true } : {}),
      servers: options.dns ?? conf.containers.dns_servers,
      search: options.dnsSearch ?? conf.containers.dns_searches,
      options: options.dnsOption ?? conf.containers.dns_options,
    },
    hosts: {
      ...((options.noHosts ?? conf.containers.no_hosts) ? { disabled: true } : {}),
      entries: options.addHost ?? [],
      base: options.hostsFile ?? conf.containers.base_hosts_file,
      hostAddress: conf.containers.host_containers_internal_ip,
    },
    shm: {
      mode: shmMode(options, conf),
      size: options.shmSize ?? parseSize(conf.containers.shm_size),
      ...(options.shmSource === undefined ? {} : { source: options.shmSource }),
    },
    io: containerIo(request, conf),
    cgroups: {
      manager: cgroups.manager,
      enabled: cgroups.enabled,
      ...(cgroups.conmon === undefined ? {} : { conmon: cgroups.conmon }),
    },
    stopSignal: specRequest.stopSignal ?? 15,
    stopTimeout: options.stopTimeout ?? conf.engine.stop_timeout,
    autoRemove: options.autoRemove ?? false,
    privileged: specRequest.privileged,
    readOnly: specRequest.readOnly,
    runtimePath,
    runtimeArguments: [...(conf.engine.runtimes_flags[runtimeName] ?? []), ...(request.runtimeFlags ?? [])].map(
      (flag) => `--${flag}`,
    ),
    ...(options.timeout ? { timeout: options.timeout } : {}),
    ...(options.sdnotify ? { sdnotify: options.sdnotify } : {}),
    newKeyring: conf.containers.keyring,
    noPivot: conf.engine.no_pivot_root,
  };
  return { config, warnings };
}

async function deviceEdits(devices: readonly string[], conf: ContainersConf): Promise<CdiEdits[]> {
  if (devices.length === 0) return [];
  const { cdiEdits } = await import('@lighter/config/cdi');
  return cdiEdits(devices, conf.engine.cdi_spec_dirs);
}

/** With what the vendors' devices need. */
function withEdits(request: SpecRequest, edits: readonly CdiEdits[], host: HostFacts): SpecRequest {
  if (edits.length === 0) return request;
  const devices = edits
    .flatMap(({ deviceNodes = [] }) => deviceNodes)
    .flatMap(({ path, hostPath = path, permissions = 'rwm' }) => resolveDevice(`${hostPath}:${path}:${permissions}`));
  const mounts = edits.flatMap(({ mounts = [] }) =>
    mounts.map(
      ({ hostPath, containerPath, options = ['ro', 'nosuid', 'nodev', 'bind'] }): UserMount => ({
        type: 'bind',
        source: hostPath,
        destination: containerPath,
        options,
      }),
    ),
  );
  return {
    ...request,
    env: [...edits.flatMap(({ env = [] }) => env), ...(request.env ?? [])],
    mounts: [...request.mounts, ...mounts, ...(host.rootless ? devices.map(deviceBind) : [])],
    ...(host.rootless ? {} : { devices: [...(request.devices ?? []), ...devices] }),
  };
}

function toSpecRequest(request: NewContainer, conf: ContainersConf, host: HostFacts, cgroupsPath: string): SpecRequest {
  const { options } = request;
  const { containers } = conf;
  const image = request.image?.config ?? {};
  const privileged = options.privileged ?? containers.privileged;
  const devices = [
    ...(privileged ? hostDevices() : []),
    ...(options.device ?? containers.devices).flatMap(resolveDevice),
  ];
  const init = options.init ?? containers.init;
  const args = containerArguments(image, options.entrypoint, options.command);
  const systemd = isSystemdMode(options.systemd ?? 'true', args);
  if (systemd && init && options.systemd?.toLowerCase() === 'always') {
    throw new ContainerError('INVALID', 'cannot use container-init binary with systemd=always');
  }
  const taken = new Set(options.mounts?.map(({ destination }) => destination));
  const stopSignal =
    options.stopSignal ??
    (image.StopSignal ? signalNumber(image.StopSignal) : undefined) ??
    (systemd ? SYSTEMD_STOP_SIGNAL : undefined);
  const score = options.oomScoreAdj ?? containers.oom_score_adj;
  const umask = options.umask ?? containers.umask;
  if (!/^[0-7]{1,4}$/.test(umask)) throw new ContainerError('INVALID', `invalid umask ${umask}`);
  if (options.noHosts && options.addHost?.length) {
    throw new ContainerError('INVALID', '--no-hosts and --add-host cannot be set together');
  }
  return {
    id: request.id,
    image,
    ...(options.command ? { command: options.command } : {}),
    ...(options.entrypoint ? { entrypoint: options.entrypoint } : {}),
    defaultEnv: containers.env,
    hostEnv: hostVariables(options.envHost ?? containers.env_host, options.httpProxy ?? containers.http_proxy),
    ...(options.env || systemd
      ? { env: [...(systemd ? [`container_uuid=${request.id.slice(0, 32)}`] : []), ...(options.env ?? [])] }
      : {}),
    ...(options.envMerge ? { envMerge: options.envMerge } : {}),
    ...(options.personality ? { personality: options.personality } : {}),
    ...(options.rdtClass ? { rdtClass: options.rdtClass } : {}),
    ...(options.unsetEnv ? { unsetEnv: options.unsetEnv } : {}),
    ...(options.unsetEnvAll ? { unsetEnvAll: true } : {}),
    ...(options.workdir === undefined ? {} : { workdir: options.workdir }),
    ...hostnameOf(request, conf),
    terminal: options.terminal ?? false,
    privileged,
    readOnly: options.readOnly ?? containers.read_only,
    ...(options.readOnlyTmpfs === undefined ? {} : { readOnlyTmpfs: options.readOnlyTmpfs }),
    ...(options.capAdd ? { capAdd: options.capAdd } : {}),
    ...(options.capDrop ? { capDrop: options.capDrop } : {}),
    defaultCapabilities: containers.default_capabilities,
    security: securityOf(options, image),
    namespaces: containerNamespaceModes(options, conf, host),
    mounts: [
      ...(options.mounts ?? []),
      ...(systemd ? systemdMounts(host, taken, options.shmSizeSystemd) : []),
      ...(host.rootless ? devices.map(deviceBind) : []),
    ],
    ...(host.rootless ? {} : { devices }),
    deviceRules: (options.deviceCgroupRule ?? []).map(parseDeviceRule),
    ulimits: options.ulimit?.includes('host')
      ? hostLimits(host)
      : (options.ulimit ?? containers.default_ulimits).map(parseUlimit),
    resources: containerResources({ ...defaultLimits(conf, host, cgroupsPath), ...options.resources }),
    cgroupsPath,
    sysctls: options.sysctl ?? {},
    defaultSysctls: pairs(containers.default_sysctls),
    annotations: {
      ...pairs(containers.annotations),
      ...(options.autoRemove ? { 'io.podman.annotations.autoremove': 'TRUE' } : {}),
      ...(init ? { 'io.podman.annotations.init': 'TRUE' } : {}),
      ...(options.groupAdd?.includes(KEEP_GROUPS) ? { 'run.oci.keep_original_groups': '1' } : {}),
      ...securityAnnotations(options.securityOpt ?? []),
      ...options.annotation,
    },
    ...(stopSignal === undefined ? {} : { stopSignal }),
    stopTimeout: options.stopTimeout ?? conf.engine.stop_timeout,
    ...(score === undefined ? {} : { oomScoreAdj: score }),
    umask: Number.parseInt(umask, 8),
    user: options.user ?? image.User ?? '',
    ...(init ? { initPath: findInit(options.initPath ?? containers.init_path, conf) } : {}),
  };
}

/** The default limit isn't worth a warning where none can be set: an ordinary user needs systemd's help for any. */
function defaultLimits(conf: ContainersConf, host: HostFacts, cgroupsPath: string): ResourceOptions {
  return host.rootless && cgroupsPath === '' ? {} : { pidsLimit: conf.containers.pids_limit };
}

/** `--seccomp-policy image`: the image brings its own profile. */
function securityOf(options: NewContainer['options'], image: ImageConfigParameters): SecurityOptions {
  const security = parseSecurityOptions(options.securityOpt ?? []);
  if (options.seccompPolicy !== 'image') return security;
  const profile = image.Labels?.['io.containers.seccomp.profile'];
  if (!profile) throw new ContainerError('INVALID', 'no seccomp policy defined by image');
  return { ...security, seccomp: { profile } };
}

/** Kept so that others can tell what was asked for. */
function securityAnnotations(texts: readonly string[]): Record<string, string> {
  const annotations: Record<string, string> = {};
  for (const text of texts) {
    const match = /^(seccomp|apparmor|label)[=:](.*)$/.exec(text);
    if (match) annotations[`io.podman.annotations.${match[1]}`] = match[2] ?? '';
  }
  return annotations;
}

/** `--ulimit host`: our own. */
function hostLimits(host: HostFacts): Ulimit[] {
  const text = (limit: number) => (Number.isFinite(limit) ? limit : -1);
  return Object.keys(RLIMITS).map((name) => {
    const { soft, hard } = host.limit(`RLIMIT_${name}`);
    return { type: `RLIMIT_${name}`, soft: text(soft), hard: text(hard) };
  });
}

function hostnameOf(request: NewContainer, conf: ContainersConf): { hostname?: string } {
  if (request.options.hostname !== undefined) return { hostname: request.options.hostname };
  const ownUts = (request.options.uts?.mode ?? 'private') === 'private';
  return conf.containers.container_name_as_hostname && ownUts ? { hostname: request.name } : {};
}

function hostVariables(all: boolean, proxy: boolean): string[] {
  const names = all ? Object.keys(process.env) : proxy ? proxyVariables : [];
  return names.flatMap((name) => (process.env[name] === undefined ? [] : [`${name}=${process.env[name]}`]));
}

/** A device node can't be made in a user namespace: the host's is bound. */
function deviceBind({ source, device }: ReturnType<typeof resolveDevice>[number]): UserMount {
  return {
    type: 'bind',
    source,
    destination: device.path,
    options: ['slave', 'nosuid', 'noexec', 'rw', 'rbind'],
  };
}

function pairs(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const equals = text.indexOf('=');
      return equals < 0 ? [text, ''] : [text.slice(0, equals).trim(), text.slice(equals + 1).trim()];
    }),
  );
}

function findInit(configured: string, conf: ContainersConf): string {
  if (configured) return configured;
  const places = [...conf.engine.helper_binaries_dir, '/usr/libexec/podman', '/usr/bin', '/usr/sbin'];
  const found = places.map((directory) => `${directory}/catatonit`).find((path) => existsSync(path));
  if (!found)
    throw new ContainerError('INVALID', `container-init binary not found: catatonit isn't in ${places.join(', ')}`);
  return found;
}
