/**
 * From a request to a configuration. The result is a template: what depends on the moment of the start (root path,
 * user ids, generated files, network namespace) is filled in by `completeSpec`.
 */
import type { LinuxSpec, Spec } from '@lighter/spec/runtime';
import { RuntimeError } from '../errors.ts';
import { containerAnnotations } from './annotations.ts';
import { capabilitySets, mergeCapabilities } from './capabilities.ts';
import { containerArguments, containerEnvironment } from './environment.ts';
import { processLimits } from './limits.ts';
import { canMountSysfs, containerMounts } from './mounts.ts';
import { containerNamespaces } from './namespaces.ts';
import type { HostFacts, SpecRequest } from './request.ts';
import { containerResources } from './resources.ts';
import { convertSeccompProfile } from './seccomp.ts';
import { hiddenPaths, readonlyPaths } from './security.ts';
import { containerSysctls } from './sysctls.ts';

/** All we use has been there since then; older runtimes refuse a configuration that claims to be newer. */
const OCI_VERSION = '1.0.2';

export interface Generated {
  readonly spec: Spec;
  /** Sentences for the user about what couldn't be honoured. */
  readonly warnings: readonly string[];
}

/** Throws RuntimeError `INVALID` for requests that contradict themselves. */
export async function generateSpec(request: SpecRequest, host: HostFacts): Promise<Generated> {
  if (request.hostname !== undefined && request.namespaces.uts.mode === 'host') {
    throw new RuntimeError('INVALID', 'cannot set hostname when running in the host UTS namespace');
  }
  const capabilities = request.privileged
    ? [...host.boundingCapabilities].sort()
    : mergeCapabilities(
        request.defaultCapabilities,
        request.capAdd ?? [],
        request.capDrop ?? [],
        host.boundingCapabilities,
      );
  const { resources, dropped } = containerResources(request, host);
  const args = containerArguments(request.image, request.entrypoint, request.command);
  const spec: Spec = {
    ociVersion: OCI_VERSION,
    process: {
      ...(request.terminal ? { terminal: true } : {}),
      user: { uid: 0, gid: 0, umask: request.umask ?? 0o022 },
      args: request.initPath === undefined ? args : ['/run/podman-init', '--', ...args],
      env: containerEnvironment(request),
      cwd: request.workdir ?? (request.image.WorkingDir || '/'),
      capabilities: capabilitySets(capabilities, request.capAdd ?? [], isRoot(request.user)),
      rlimits: processLimits(request.ulimits ?? [], host),
      ...(request.security.noNewPrivileges ? { noNewPrivileges: true } : {}),
      ...apparmor(request, host),
      ...(request.security.selinuxLabel === undefined ? {} : { selinuxLabel: request.security.selinuxLabel }),
      ...oomScore(request, host),
    },
    root: { path: '', ...(request.readOnly ? { readonly: true } : {}) },
    ...(request.namespaces.uts.mode === 'private' ? { hostname: hostnameOf(request, host) } : {}),
    mounts: containerMounts(request, host),
    annotations: containerAnnotations(request),
    linux: await linuxPart(request, host, capabilities),
  };
  spec.linux!.resources = resources;
  return { spec, warnings: dropped.map((controller) => `${controller} limits are not supported here, ignoring them`) };
}

/** With the host's network its name is the host's too: it leads to the container's addresses. */
function hostnameOf(request: SpecRequest, host: HostFacts): string {
  if (request.hostname !== undefined) return request.hostname;
  return request.namespaces.network.mode === 'host' ? host.hostname : request.id.slice(0, 12);
}

async function linuxPart(request: SpecRequest, host: HostFacts, capabilities: readonly string[]): Promise<LinuxSpec> {
  const { user } = request.namespaces;
  const sysctl = containerSysctls(request.sysctls ?? {}, request.defaultSysctls ?? {}, request.namespaces);
  const hidden = hiddenPaths(request, host, canMountSysfs(request, host));
  const readonly = readonlyPaths(request);
  const devices = (request.devices ?? []).map(({ device }) => device);
  const seccomp = await seccompFilter(request, host, capabilities);
  return {
    ...(Object.keys(sysctl).length > 0 ? { sysctl } : {}),
    ...(user.uidMap ? { uidMappings: [...user.uidMap] } : {}),
    ...(user.gidMap ? { gidMappings: [...user.gidMap] } : {}),
    ...(request.cgroupsPath === '' ? {} : { cgroupsPath: request.cgroupsPath }),
    namespaces: containerNamespaces(request.namespaces, host),
    ...(devices.length > 0 ? { devices } : {}),
    ...(seccomp ? { seccomp } : {}),
    ...(request.personality ? { personality: { domain: request.personality } } : {}),
    ...(request.rdtClass ? { intelRdt: { closID: request.rdtClass } } : {}),
    ...rootPropagation(request),
    ...(hidden.length > 0 ? { maskedPaths: hidden } : {}),
    ...(readonly.length > 0 ? { readonlyPaths: readonly } : {}),
    ...(request.security.mountLabel === undefined ? {} : { mountLabel: request.security.mountLabel }),
  };
}

async function seccompFilter(request: SpecRequest, host: HostFacts, capabilities: readonly string[]) {
  const asked = request.security.seccomp;
  if (asked === 'unconfined' || (asked === undefined && request.privileged)) return undefined;
  const profile =
    asked?.profile ?? host.seccompProfile() ?? (await import('./seccomp-default.ts')).defaultSeccompProfile;
  return convertSeccompProfile(profile, { architecture: host.architecture, kernel: host.kernel, capabilities });
}

/** Shared and slave volumes need a root file system that propagates mounts as well. */
function rootPropagation(request: SpecRequest): Pick<LinuxSpec, 'rootfsPropagation'> {
  const has = (names: readonly string[]) =>
    request.mounts.some(({ options }) => options.some((option) => names.includes(option)));
  if (has(['shared', 'rshared'])) return { rootfsPropagation: 'shared' };
  return has(['slave', 'rslave']) ? { rootfsPropagation: 'rslave' } : {};
}

function apparmor(request: SpecRequest, host: HostFacts): { apparmorProfile?: string } {
  const asked = request.security.apparmor;
  if (asked === undefined || asked === 'unconfined') return {};
  if (!host.apparmorProfiles()) {
    throw new RuntimeError(
      'INVALID',
      `apparmor profile "${asked}" specified, but Apparmor is not enabled on this system`,
    );
  }
  return { apparmorProfile: asked };
}

/** Only CAP_SYS_RESOURCE may lower its score: without it ours is the least possible. */
function oomScore(request: SpecRequest, host: HostFacts): { oomScoreAdj?: number } {
  if (request.oomScoreAdj === undefined) return {};
  const mayLower = !host.rootless && host.boundingCapabilities.includes('CAP_SYS_RESOURCE');
  return { oomScoreAdj: mayLower ? request.oomScoreAdj : Math.max(request.oomScoreAdj, host.oomScoreAdj) };
}

function isRoot(user: string | undefined): boolean {
  const name = (user ?? '').split(':')[0] ?? '';
  return name === '' || name === 'root' || name === '0';
}
