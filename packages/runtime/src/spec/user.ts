/** Who a container runs as, by the passwd and group files of its own root file system (passwd(5), group(5)). */
import { RuntimeError } from '../errors.ts';

export interface ContainerUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: number[];
  /** Undefined for a user without a line in passwd: the runtime then finds one. */
  readonly home?: string;
  /** Whether there is a line in group for the primary group. */
  readonly hasGroup: boolean;
}

interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** Highest id the kernel has for a user or group; the one above means "unchanged". */
const MAXIMUM_ID = 2 ** 31 - 1;

/**
 * Looks up `user[:group]`, each a name or a number; '' is root. `files` hold the text of the container's passwd and
 * group, '' where there is none. `groups` are further ones by name or number (`--group-add`).
 */
export function lookUpUser(
  text: string,
  files: { readonly passwd: string; readonly group: string },
  groups: readonly string[] = [],
): ContainerUser {
  const [user = '', group] = split(text);
  const passwd = parsePasswd(files.passwd);
  const groupFile = parseGroup(files.group);
  const number = id(user);
  const entry =
    user === ''
      ? passwd.find(({ uid }) => uid === 0)
      : (passwd.find(({ name }) => name === user) ?? passwd.find(({ uid }) => uid === number));
  if (!entry && user !== '' && number === undefined) {
    throw new RuntimeError('INVALID', `unable to find user ${user}: no matching entries in passwd file`);
  }
  const gid = group === undefined ? (entry?.gid ?? 0) : groupId(group, groupFile);
  const supplementary =
    group === undefined && entry
      ? groupFile.filter(({ members }) => members.includes(entry.name)).map((candidate) => candidate.gid)
      : [];
  const additional = [
    ...(text === '' ? [] : [gid]),
    ...groups.map((name) => groupId(name, groupFile)),
    ...supplementary,
  ];
  return {
    uid: entry?.uid ?? number ?? 0,
    gid,
    additionalGids: [...new Set(additional)],
    ...(entry ? { home: entry.home || '/' } : {}),
    hasGroup: groupFile.some((candidate) => candidate.gid === gid),
  };
}

function split(text: string): [string, string | undefined] {
  const colon = text.indexOf(':');
  if (colon < 0) return [text, undefined];
  const group = text.slice(colon + 1);
  return [text.slice(0, colon), group === '' ? undefined : group];
}

function id(text: string): number | undefined {
  if (!/^\d+$/.test(text)) return undefined;
  const number = Number(text);
  if (number > MAXIMUM_ID) throw new RuntimeError('INVALID', `uids and gids must be in range 0-${MAXIMUM_ID}`);
  return number;
}

function groupId(text: string, entries: readonly GroupEntry[]): number {
  const found = entries.find(({ name }) => name === text);
  if (found) return found.gid;
  const number = id(text);
  if (number !== undefined) return number;
  throw new RuntimeError('INVALID', `unable to find group ${text}: no matching entries in group file`);
}

function parsePasswd(text: string): PasswdEntry[] {
  return lines(text).flatMap(([name = '', , uid = '', gid = '', , home = '']) =>
    isId(uid) && isId(gid) ? [{ name, uid: Number(uid), gid: Number(gid), home }] : [],
  );
}

function parseGroup(text: string): GroupEntry[] {
  return lines(text).flatMap(([name = '', , gid = '', members = '']) =>
    isId(gid) ? [{ name, gid: Number(gid), members: members.split(',').filter(Boolean) }] : [],
  );
}

/** Broken lines of a hostile image are passed over. */
function isId(text: string): boolean {
  return /^\d{1,10}$/.test(text) && Number(text) <= MAXIMUM_ID;
}

function lines(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'));
}
