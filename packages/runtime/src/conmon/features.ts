/**
 * Which options the installed conmon has. Asking it costs an exec, so the answer is kept in the run directory under
 * the binary's identity: one exec per boot and version, none per container.
 */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { runCommand } from '../oci/process.ts';

/** Long options, without dashes. */
export type ConmonFeatures = ReadonlySet<string>;

/** `cacheDirectory` must belong to this user alone; it is made when missing. */
export async function conmonFeatures(conmonPath: string, cacheDirectory: string): Promise<ConmonFeatures> {
  const { mtimeMs, size, ino } = statSync(conmonPath);
  const identity = `${conmonPath} ${mtimeMs} ${size} ${ino}`;
  const file = `${cacheDirectory}/conmon-options`;
  try {
    const [known, options = ''] = readFileSync(file, 'utf8').split('\n');
    if (known === identity) return new Set(options.split(' '));
  } catch {
    // Not there yet.
  }
  const { output } = await runCommand(conmonPath, [conmonPath, '--help'], []);
  const features = parseOptions(output);
  mkdirSync(cacheDirectory, { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, `${identity}\n${[...features].join(' ')}\n`);
  renameSync(temporary, file);
  return features;
}

/** Long options in the text that GLib's option parser prints for `--help`. */
export function parseOptions(help: string): ConmonFeatures {
  return new Set([...help.matchAll(/^\s+(?:-\S, )?--([a-z0-9-]+)/gm)].map((match) => match[1] ?? ''));
}
