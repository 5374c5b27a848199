/**
 * What the launcher recorded about the caller before Node started, and changed for Node's sake (see
 * native/launcher): environment variables that would alter Node, the soft limit on open files that Node raises, and the
 * signals that were ignored.
 */

const PREFIX = 'LIGHTER_CALLER_';

/** What the launcher adds; all else behind the prefix are variables put aside. */
const RECORDED = new Set(['NOFILE', 'IGNORED', 'WATCHER']);

export interface Limits {
  readonly soft: number;
  readonly hard: number;
}

interface Caller {
  readonly limits: Limits | undefined;
  readonly ignoredSignals: readonly number[];
  /** Write end of the watcher's pipe. */
  readonly watcherFd: number | undefined;
}

let caller: Caller | undefined;

/**
 * Restores the variables put aside (`NODE_*`, `OPENSSL_*`, `UV_*`) in `process.env` and takes the launcher's own out of
 * it, once. Must run before the environment is handed on to anybody.
 */
export function restoreCaller(env: NodeJS.ProcessEnv = process.env): Caller {
  if (caller) return caller;
  const nofile = /^(\d+|unlimited):(\d+|unlimited)$/.exec(env[`${PREFIX}NOFILE`] ?? '');
  const ignored = env[`${PREFIX}IGNORED`] ?? '';
  const watcher = env[`${PREFIX}WATCHER`];
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(PREFIX)) continue;
    delete env[name];
    const own = name.slice(PREFIX.length);
    if (!RECORDED.has(own)) env[own] = value;
  }
  caller = {
    limits: nofile ? { soft: limit(nofile[1]), hard: limit(nofile[2]) } : undefined,
    ignoredSignals: ignored.split(',').filter(Boolean).map(Number),
    watcherFd: watcher ? Number(watcher) : undefined,
  };
  return caller;
}

function limit(text: string | undefined): number {
  return text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text);
}

/** Limits on open files as the caller had them; undefined when no launcher ran. */
export function callerLimits(): Limits | undefined {
  return restoreCaller().limits;
}

/** Signals that were ignored when the launcher started (`nohup` ignores SIGHUP). */
export function callerIgnoredSignals(): readonly number[] {
  return restoreCaller().ignoredSignals;
}

/** The ordinary user's id when this runs as root of their user namespace; undefined for real root. */
export function rootlessUid(env: NodeJS.ProcessEnv = process.env): number | undefined {
  const uid = env['_CONTAINERS_ROOTLESS_UID'];
  return env['_CONTAINERS_USERNS_CONFIGURED'] && uid ? Number(uid) : undefined;
}
