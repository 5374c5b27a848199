/** Kernel parameters that a container may set because they belong to one of its own namespaces. */
import { RuntimeError } from '../errors.ts';
import type { Namespaces } from './request.ts';

const ipcParameters = new Set(
  'msgmax msgmnb msgmni sem shmall shmmax shmmni shm_rmid_forced'.split(' ').map((name) => `kernel.${name}`),
);

type Owner = 'ipc' | 'network' | 'uts';

function owner(name: string): Owner | undefined {
  if (ipcParameters.has(name) || name.startsWith('fs.mqueue.')) return 'ipc';
  if (name.startsWith('net.')) return 'network';
  return name === 'kernel.domainname' || name === 'kernel.hostname' ? 'uts' : undefined;
}

/** Defaults are dropped where the namespace is the host's; a parameter the user asked for is an error then. */
export function containerSysctls(
  asked: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, string>>,
  namespaces: Namespaces,
): Record<string, string> {
  const sysctls: Record<string, string> = {};
  for (const [name, value] of Object.entries(defaults)) {
    const belongs = owner(name);
    if (belongs && namespaces[belongs].mode === 'private') sysctls[name] = value;
  }
  for (const [name, value] of Object.entries(asked)) {
    const belongs = owner(name);
    if (!belongs) throw new RuntimeError('INVALID', `sysctl '${name}' is not allowed`);
    if (namespaces[belongs].mode === 'host') {
      throw new RuntimeError(
        'INVALID',
        `sysctl ${name}=${value} can't be set since the host's ${belongs} namespace is used: invalid argument`,
      );
    }
    sysctls[name] = value;
  }
  return sysctls;
}
