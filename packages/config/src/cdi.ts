/** Devices that vendors describe for containers (Container Device Interface, specification 0.8). */
import { readdirSync, readFileSync } from 'node:fs';
import { ConfigError } from './errors.ts';
import type { HookStage, OciHook } from './oci-hooks.ts';

/** What a device changes in a container. */
export interface CdiEdits {
  readonly env?: readonly string[];
  readonly deviceNodes?: readonly {
    readonly path: string;
    readonly hostPath?: string;
    readonly permissions?: string;
  }[];
  readonly mounts?: readonly {
    readonly hostPath: string;
    readonly containerPath: string;
    readonly options?: readonly string[];
  }[];
  readonly hooks?: readonly (OciHook & { readonly hookName: HookStage })[];
  readonly additionalGids?: readonly number[];
}

interface CdiFile {
  readonly kind?: string;
  readonly devices?: readonly { readonly name: string; readonly containerEdits?: CdiEdits }[];
  readonly containerEdits?: CdiEdits;
}

/** Of each device, and once those of its kind. Throws ConfigError for one that no file describes. */
export async function cdiEdits(devices: readonly string[], directories: readonly string[]): Promise<CdiEdits[]> {
  const files = await Promise.all(directories.flatMap(cdiFiles).map(readCdiFile));
  const used = new Set<CdiFile>();
  const edits: CdiEdits[] = [];
  for (const text of devices) {
    const equals = text.indexOf('=');
    const [kind, name] = [text.slice(0, equals), text.slice(equals + 1)];
    // Later directories win.
    const file = files.findLast((one) => one.kind === kind && one.devices?.some((device) => device.name === name));
    const device = file?.devices?.find((one) => one.name === name);
    if (!file || !device) {
      throw new ConfigError(
        'CONFIG_INVALID',
        directories.join(', '),
        `setting up CDI devices: unresolvable CDI devices ${text}`,
      );
    }
    if (!used.has(file) && file.containerEdits) edits.push(file.containerEdits);
    used.add(file);
    if (device.containerEdits) edits.push(device.containerEdits);
  }
  return edits;
}

function cdiFiles(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => /\.(json|ya?ml)$/.test(name))
      .sort()
      .map((name) => `${directory}/${name}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function readCdiFile(path: string): Promise<CdiFile> {
  const text = readFileSync(path, 'utf8');
  try {
    if (path.endsWith('.json')) return JSON.parse(text) as CdiFile;
    const { parseYaml } = await import('./yaml.ts');
    return parseYaml(text) as CdiFile;
  } catch (cause) {
    throw new ConfigError('CONFIG_INVALID', path, (cause as Error).message, { cause });
  }
}
