/** Environment and arguments of a container's first process. */
import type { ImageConfigParameters } from '@lighter/spec/oci-image';
import type { SpecRequest } from './request.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Environment by precedence, lowest first: built in, containers.conf, image, `--unsetenv`, host, flags. Entries of an
 * image without `=` are dropped: taking them from our own environment would give it away.
 */
export function containerEnvironment(request: SpecRequest): string[] {
  const env = new Map<string, string>();
  const put = (entries: readonly string[] | undefined) => {
    for (const entry of entries ?? []) {
      const equals = entry.indexOf('=');
      if (equals > 0) env.set(entry.slice(0, equals), entry.slice(equals + 1));
    }
  };
  put([`PATH=${PATH}`, 'container=podman']);
  put(request.defaultEnv);
  put(request.image.Env);
  if (request.terminal && !env.has('TERM')) env.set('TERM', 'xterm');
  put(request.envMerge?.map((entry) => merged(entry, env)));
  if (request.unsetEnvAll) env.clear();
  for (const name of request.unsetEnv ?? []) env.delete(name);
  put(request.hostEnv);
  put(request.env);
  return [...env].map(([name, value]) => `${name}=${value}`);
}

/** Names of variables in the value are replaced by what they are so far. */
function merged(entry: string, env: ReadonlyMap<string, string>): string {
  const equals = entry.indexOf('=');
  const value = entry
    .slice(equals + 1)
    .replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced?: string, bare?: string) => env.get(braced ?? bare ?? '') ?? '');
  return `${entry.slice(0, equals + 1)}${value}`;
}

/** Entrypoint and command; the image's Cmd belongs to the image's own entrypoint only. */
export function containerArguments(
  image: ImageConfigParameters,
  entrypoint: readonly string[] | undefined,
  command: readonly string[] | undefined,
): string[] {
  const given = command !== undefined && command.length > 0;
  const first = (entrypoint ?? image.Entrypoint ?? []).filter((word, index) => index > 0 || word !== '');
  const rest = given ? command : entrypoint === undefined ? (image.Cmd ?? []) : [];
  return [...first, ...rest];
}

/** Sets a variable unless it is there already. */
export function defaultVariable(env: string[], name: string, value: string): void {
  if (!env.some((entry) => entry.startsWith(`${name}=`))) env.push(`${name}=${value}`);
}
