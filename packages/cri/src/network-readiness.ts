/** Whether the node has a network for pods: a CNI configuration whose plugins are there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const EXTENSIONS = ['.conf', '.conflist', '.json'];

/** What is wrong with the node's network, or undefined when pods could get one. The first valid file counts. */
export async function networkFault(
  directory: string,
  pluginDirectories: readonly string[],
): Promise<string | undefined> {
  let names: string[];
  try {
    names = readdirSync(directory).filter((name) => EXTENSIONS.some((extension) => name.endsWith(extension)));
  } catch (error) {
    return `no CNI configuration: ${(error as Error).message}`;
  }
  const faults: string[] = [];
  for (const name of names.sort()) {
    const fault = configurationFault(`${directory.replace(/\/$/, '')}/${name}`, pluginDirectories);
    if (fault === undefined) return undefined;
    faults.push(fault);
  }
  return faults[0] ?? `no CNI configuration file in ${directory}. Has your network provider started?`;
}

function configurationFault(path: string, pluginDirectories: readonly string[]): string | undefined {
  let types: unknown[];
  try {
    const configuration = JSON.parse(readFileSync(path, 'utf8')) as {
      name?: unknown;
      type?: unknown;
      plugins?: { type?: unknown }[];
    };
    if (typeof configuration.name !== 'string' || configuration.name === '') return `${path}: no network name`;
    types = Array.isArray(configuration.plugins)
      ? configuration.plugins.map((plugin) => plugin?.type)
      : [configuration.type];
  } catch (error) {
    return `${path}: ${(error as Error).message}`;
  }
  for (const type of types) {
    if (typeof type !== 'string' || !/^[A-Za-z0-9._-]+$/.test(type)) return `${path}: a plugin has no valid type`;
    if (!pluginDirectories.some((one) => existsSync(`${one.replace(/\/$/, '')}/${type}`))) {
      return `${path}: CNI plugin ${type} isn't in ${pluginDirectories.join(', ')}`;
    }
  }
  return types.length > 0 ? undefined : `${path}: no plugins`;
}
