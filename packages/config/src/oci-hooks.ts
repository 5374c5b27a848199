/** Hooks that the host's administrators want to run for containers (oci-hooks(5), schema 1.0.0). */
import { readdirSync, readFileSync } from 'node:fs';
import { ConfigError } from './errors.ts';

export type HookStage = 'prestart' | 'createRuntime' | 'createContainer' | 'startContainer' | 'poststart' | 'poststop';

export interface OciHook {
  readonly path: string;
  readonly args?: string[];
  readonly env?: string[];
  /** Seconds. */
  readonly timeout?: number;
}

/** What a container is like, for the hooks' conditions. */
export interface HookedContainer {
  readonly annotations: Readonly<Record<string, string>>;
  readonly command: string;
  /** The user has bound something. */
  readonly hasBindMounts: boolean;
}

interface HookFile {
  readonly version?: string;
  readonly hook?: OciHook;
  readonly when?: {
    readonly always?: boolean;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly commands?: readonly string[];
    readonly hasBindMounts?: boolean;
  };
  readonly stages?: readonly string[];
}

const stages: readonly string[] = [
  'prestart',
  'createRuntime',
  'createContainer',
  'startContainer',
  'poststart',
  'poststop',
];

/** By stage, in order of the files' names; of two files with one name the later directory's counts. */
export function ociHooks(
  directories: readonly string[],
  container: HookedContainer,
): Partial<Record<HookStage, OciHook[]>> {
  const files = new Map<string, string>();
  for (const directory of directories) for (const name of jsonFiles(directory)) files.set(name, `${directory}/${name}`);
  const hooks: Partial<Record<HookStage, OciHook[]>> = {};
  for (const [, path] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const file = readHook(path);
    if (!matches(file, container)) continue;
    for (const stage of file.stages ?? []) {
      if (!stages.includes(stage))
        throw new ConfigError('CONFIG_INVALID', path, `hooks of the stage ${JSON.stringify(stage)} are not supported`);
      const list = hooks[stage as HookStage] ?? [];
      list.push(file.hook as OciHook);
      hooks[stage as HookStage] = list;
    }
  }
  return hooks;
}

function jsonFiles(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => name.endsWith('.json'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function readHook(path: string): HookFile {
  let file: HookFile;
  try {
    file = JSON.parse(readFileSync(path, 'utf8')) as HookFile;
  } catch (cause) {
    throw new ConfigError('CONFIG_INVALID', path, (cause as Error).message, { cause });
  }
  if (file.version !== '1.0.0')
    throw new ConfigError('CONFIG_INVALID', path, `hook version ${JSON.stringify(file.version)} is not supported`);
  if (!file.hook?.path?.startsWith('/')) throw new ConfigError('CONFIG_INVALID', path, 'the hook has no absolute path');
  if (!file.stages?.length) throw new ConfigError('CONFIG_INVALID', path, 'missing required property: stages');
  return file;
}

/** Every condition that is there must hold, and one must be there. */
function matches({ when = {} }: HookFile, { annotations, command, hasBindMounts }: HookedContainer): boolean {
  const conditions: boolean[] = [];
  if (when.always !== undefined) conditions.push(when.always);
  if (when.hasBindMounts !== undefined) conditions.push(when.hasBindMounts && hasBindMounts);
  for (const [key, value] of Object.entries(when.annotations ?? {})) {
    const [name, content] = [new RegExp(key), new RegExp(value)];
    conditions.push(Object.entries(annotations).some(([own, text]) => name.test(own) && content.test(text)));
  }
  if (when.commands?.length) conditions.push(when.commands.some((pattern) => new RegExp(pattern).test(command)));
  return conditions.length > 0 && conditions.every(Boolean);
}
