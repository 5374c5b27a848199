/** Folders and files of the host whose content every container gets (containers-mounts.conf(5)). */
import { readFileSync } from 'node:fs';

export interface Subscription {
  readonly source: string;
  readonly destination: string;
}

/** Of the first file that is there: the user's, the administrator's, the distribution's. */
export function readSubscriptions(rootless: boolean, env: NodeJS.ProcessEnv = process.env): Subscription[] {
  const home = env['XDG_CONFIG_HOME'] || `${env['HOME'] ?? ''}/.config`;
  const files = [
    ...(rootless ? [`${home}/containers/mounts.conf`] : []),
    '/etc/containers/mounts.conf',
    '/usr/share/containers/mounts.conf',
  ];
  for (const path of files) {
    const text = read(path);
    if (text !== undefined) return parse(text);
  }
  return [];
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** `SOURCE:DESTINATION` or one path for both, a line each; what isn't absolute is passed over. */
function parse(text: string): Subscription[] {
  return text.split('\n').flatMap((line) => {
    const [source = '', destination = source] = line.trim().split(':');
    return source.startsWith('/') && destination.startsWith('/') ? [{ source, destination }] : [];
  });
}
