/** Resource limits of the container's process (getrlimit(2)). */
import type { ResourceLimit } from '@lighter/spec/runtime';
import { RuntimeError } from '../errors.ts';
import type { HostFacts, Ulimit } from './request.ts';

/** What podman fills in for open files and processes. */
const FILLED = 1_048_576;
/** RLIM_INFINITY is one less; `serializeSpec` writes it so. */
export const UNLIMITED: number = 2 ** 64;
const CAP_SYS_RESOURCE = 'CAP_SYS_RESOURCE';

const types = new Set(
  'AS CORE CPU DATA FSIZE LOCKS MEMLOCK MSGQUEUE NICE NOFILE NPROC RSS RTPRIO RTTIME SIGPENDING STACK'
    .split(' ')
    .map((name) => `RLIMIT_${name}`),
);

/** `name=soft[:hard]`, as in `--ulimit nofile=1024:2048`; -1 is unlimited. `host` is taken as it is by the caller. */
export function parseUlimit(text: string): Ulimit {
  const match = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(text);
  if (!match) throw new RuntimeError('INVALID', `invalid ulimit argument: ${text}`);
  const [, name = '', soft = '', hard = soft] = match;
  const limit = { type: limitType(name), soft: Number(soft), hard: Number(hard) };
  if (limit.hard !== -1 && (limit.soft === -1 || limit.soft > limit.hard)) {
    throw new RuntimeError('INVALID', `ulimit soft limit must be less than or equal to hard limit: ${text}`);
  }
  return limit;
}

function limitType(name: string): string {
  const type = name.startsWith('RLIMIT_') ? name : `RLIMIT_${name.toUpperCase()}`;
  if (!types.has(type)) throw new RuntimeError('INVALID', `invalid ulimit type: ${name}`);
  return type;
}

/**
 * The limits asked for, with open files and processes filled in. Without CAP_SYS_RESOURCE a hard limit can't be
 * raised, not even by the runtime: all are then clamped to our own.
 */
export function processLimits(ulimits: readonly Ulimit[], host: HostFacts): ResourceLimit[] {
  const limits = new Map<string, ResourceLimit>();
  for (const { type, soft, hard } of ulimits) {
    const name = limitType(type);
    limits.set(name, { type: name, hard: unsigned(hard), soft: unsigned(soft) });
  }
  for (const type of ['RLIMIT_NOFILE', 'RLIMIT_NPROC']) {
    if (!limits.has(type)) limits.set(type, { type, hard: FILLED, soft: FILLED });
  }
  const mayRaise = !host.rootless && host.boundingCapabilities.includes(CAP_SYS_RESOURCE);
  return [...limits.values()].map((limit) => (mayRaise ? limit : clamp(limit, host.limit(limit.type).hard)));
}

function clamp(limit: ResourceLimit, ceiling: number): ResourceLimit {
  const hard = Math.min(limit.hard, unsigned(Number.isFinite(ceiling) ? ceiling : -1));
  return { type: limit.type, hard, soft: Math.min(limit.soft, hard) };
}

function unsigned(value: number): number {
  return value === -1 ? UNLIMITED : value;
}
