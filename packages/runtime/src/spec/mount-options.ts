/** Options a mount gets when the user doesn't say otherwise. */
import { readFileSync, realpathSync } from 'node:fs';
import type { MountRequest } from './mount-request.ts';
import type { UserMount } from './request.ts';

const propagation = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave', 'unbindable', 'runbindable'];
type Restriction = 'noexec' | 'nosuid' | 'nodev';

/**
 * The mount with its defaults: private propagation, a recursive bind, and whatever its source's own mount forbids.
 * `source` is a bind's path or the directory of a volume, which is mounted without devices and set-uid programs.
 */
export function completeMount(request: MountRequest, source?: string): UserMount {
  const { type, destination } = request;
  const isBind = type === 'bind' || type === 'volume' || type === 'image' || type === 'glob';
  if (type === 'devpts') return { type, destination, options: request.options };
  const options = [...request.options];
  const has = (...names: readonly string[]) => names.some((name) => options.includes(name));
  if (!has(...propagation)) options.push(has('bind') ? 'private' : 'rprivate');
  const restrictions: ReadonlySet<Restriction> =
    type === 'bind' ? sourceRestrictions(source ?? '/') : new Set(['nosuid', 'nodev']);
  for (const [name, opposite] of [
    ['noexec', 'exec'],
    ['nosuid', 'suid'],
    ['nodev', 'dev'],
  ] as const) {
    if (!has(name, opposite) && restrictions.has(name)) options.push(name);
  }
  if (type === 'tmpfs' && !has('tmpcopyup', 'notmpcopyup')) options.push('tmpcopyup');
  if (isBind && !has('bind', 'rbind')) options.push('rbind');
  if (type === 'tmpfs' || type === 'ramfs')
    return { type, destination, options: options.filter((option) => option !== 'notmpcopyup') };
  return { type: 'bind', ...(source === undefined ? {} : { source }), destination, options };
}

/** A bind may not give what its source's mount forbids: in a user namespace the kernel refuses to lift it. */
function sourceRestrictions(source: string): ReadonlySet<Restriction> {
  const path = realpathSync(source);
  let best = '';
  let options: readonly string[] = [];
  for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
    const fields = line.split(' ');
    const point = (fields[4] ?? '').replace(/\\(\d{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    const covers = point === '/' || path === point || path.startsWith(`${point}/`);
    // Of mounts over each other the last one is seen.
    if (covers && point.length >= best.length) {
      best = point;
      options = (fields[5] ?? '').split(',');
    }
  }
  const all: readonly Restriction[] = ['noexec', 'nosuid', 'nodev'];
  return new Set(all.filter((name) => options.includes(name)));
}
