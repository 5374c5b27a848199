/** `--hostuser`: users of the host that shall be known in the container. */
import { readFileSync } from 'node:fs';
import { ContainerError } from '../errors.ts';

/** Their lines of the host's passwd and group. Throws for one that the host doesn't know. */
export function hostUserLines(users: readonly string[]): { readonly passwd: string[]; readonly group: string[] } {
  const passwd = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const group = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const lines: { passwd: string[]; group: string[] } = { passwd: [], group: [] };
  for (const user of users) {
    const entry = passwd.find(([name = '', , uid]) => name !== '' && (name === user || uid === user));
    if (!entry) throw new ContainerError('INVALID', `looking up host user ${user}: unknown user ${user}`);
    const [name = '', , uid = '', gid = '', gecos = '', home = '', shell = ''] = entry;
    lines.passwd.push(`${name}:*:${uid}:${gid}:${gecos}:${home}:${shell || '/bin/sh'}`);
    const own = group.find(([, , number]) => number === gid);
    if (own?.[0]) lines.group.push(`${own[0]}:x:${gid}:`);
  }
  return lines;
}
