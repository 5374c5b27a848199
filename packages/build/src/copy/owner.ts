/** `--chown user[:group]`, by the account files of the root file system that is copied into. */
import { readFileInRoot } from '@lighter/archive/rootfs';
import { lookUpUser } from '@lighter/runtime/spec/user';
import { BuildError } from '../errors.ts';

const MAX_ACCOUNT_FILE = 16 * 1024 * 1024;

/** A number alone is user and group; a name alone brings its primary group; `:group` is root's. */
export function parseOwner(root: string, text: string): { uid: number; gid: number } {
  const [user = '', group = ''] = text.split(':');
  const complete =
    /^\d+$/.test(user) && group === ''
      ? `${user}:${user}`
      : `${user === '' ? '0' : user}${group === '' ? '' : `:${group}`}`;
  const read = (path: string) => readFileInRoot(root, path, MAX_ACCOUNT_FILE)?.toString() ?? '';
  try {
    const { uid, gid } = lookUpUser(complete, { passwd: read('etc/passwd'), group: read('etc/group') });
    return { uid, gid };
  } catch (error) {
    throw new BuildError('INVALID', `looking up UID/GID for ${JSON.stringify(text)}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Octal only, as with Go's buildah. */
export function parseMode(text: string): number {
  if (!/^[0-7]+$/.test(text) || Number.parseInt(text, 8) > 0o7777)
    throw new BuildError('INVALID', `parsing chmod ${JSON.stringify(text)}: it has to be octal digits, at most 7777`);
  return Number.parseInt(text, 8);
}
