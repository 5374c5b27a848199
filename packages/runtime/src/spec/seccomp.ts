/**
 * From a seccomp profile as distributions ship it (`seccomp.json` of containers/common and moby) to the filter of the
 * runtime-spec: rules that don't apply to this architecture, kernel or set of capabilities are left out.
 */
import type { Seccomp, SeccompArgument, SeccompRule } from '@lighter/spec/runtime';
import { RuntimeError } from '../errors.ts';

interface Condition {
  readonly arches?: readonly string[] | null;
  readonly caps?: readonly string[] | null;
  readonly minKernel?: string;
}

interface ProfileRule {
  readonly name?: string;
  readonly names?: readonly string[] | null;
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: readonly SeccompArgument[] | null;
  readonly includes?: Condition;
  readonly excludes?: Condition;
}

interface Profile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly architectures?: readonly string[] | null;
  readonly archMap?: readonly { readonly architecture: string; readonly subArchitectures?: readonly string[] | null }[];
  readonly flags?: readonly string[];
  readonly listenerPath?: string;
  readonly listenerMetadata?: string;
  readonly syscalls?: readonly ProfileRule[] | null;
}

export interface SeccompTarget {
  /** Go's name: `amd64`. */
  readonly architecture: string;
  readonly kernel: readonly [major: number, minor: number];
  /** The container's bounding set. */
  readonly capabilities: readonly string[];
}

const architectureNames: Readonly<Record<string, string>> = {
  amd64: 'SCMP_ARCH_X86_64',
  '386': 'SCMP_ARCH_X86',
  arm64: 'SCMP_ARCH_AARCH64',
  arm: 'SCMP_ARCH_ARM',
  ppc64le: 'SCMP_ARCH_PPC64LE',
  s390x: 'SCMP_ARCH_S390X',
  riscv64: 'SCMP_ARCH_RISCV64',
  loong64: 'SCMP_ARCH_LOONGARCH64',
};

/** Takes a profile's JSON text. Throws RuntimeError `INVALID` for what isn't a profile. */
export function convertSeccompProfile(text: string, target: SeccompTarget): Seccomp {
  let profile: Profile;
  try {
    profile = JSON.parse(text) as Profile;
  } catch (cause) {
    throw new RuntimeError('INVALID', `decoding seccomp profile failed: ${(cause as Error).message}`, { cause });
  }
  if (typeof profile !== 'object' || profile === null || typeof profile.defaultAction !== 'string') {
    throw new RuntimeError('INVALID', 'decoding seccomp profile failed: it has no defaultAction');
  }
  const syscalls = (profile.syscalls ?? []).filter((rule) => applies(rule, target)).map(convertRule);
  const architectures = profileArchitectures(profile, target.architecture);
  return {
    defaultAction: profile.defaultAction,
    ...(profile.defaultErrnoRet === undefined ? {} : { defaultErrnoRet: profile.defaultErrnoRet }),
    ...(architectures.length > 0 ? { architectures } : {}),
    ...(profile.flags ? { flags: [...profile.flags] } : {}),
    ...(profile.listenerPath ? { listenerPath: profile.listenerPath } : {}),
    ...(profile.listenerMetadata ? { listenerMetadata: profile.listenerMetadata } : {}),
    ...(syscalls.length > 0 ? { syscalls } : {}),
  };
}

function profileArchitectures(profile: Profile, architecture: string): string[] {
  if (profile.architectures && profile.architectures.length > 0) return [...profile.architectures];
  const native = architectureNames[architecture];
  const entry = profile.archMap?.find((candidate) => candidate.architecture === native);
  return entry ? [entry.architecture, ...(entry.subArchitectures ?? [])] : [];
}

function applies({ includes = {}, excludes = {} }: ProfileRule, target: SeccompTarget): boolean {
  const has = (name: string) => target.capabilities.includes(name);
  if (excludes.arches?.includes(target.architecture) || excludes.caps?.some(has)) return false;
  if (includes.arches?.length && !includes.arches.includes(target.architecture)) return false;
  if (includes.caps?.length && !includes.caps.every(has)) return false;
  if (excludes.minKernel && isAtLeast(target.kernel, excludes.minKernel)) return false;
  return !includes.minKernel || isAtLeast(target.kernel, includes.minKernel);
}

function isAtLeast([major, minor]: readonly [number, number], wanted: string): boolean {
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

function convertRule(rule: ProfileRule): SeccompRule {
  const names = rule.names?.length ? [...rule.names] : rule.name ? [rule.name] : [];
  const args = (rule.args ?? []).map(({ index, value, valueTwo, op }) => ({
    index,
    value,
    ...(valueTwo ? { valueTwo } : {}),
    op,
  }));
  return {
    names,
    action: rule.action,
    ...(rule.errnoRet === undefined ? {} : { errnoRet: rule.errnoRet }),
    ...(args.length > 0 ? { args } : {}),
  };
}
