/** Running a CNI plugin: parameters in the environment, configuration on stdin, a result or an error on stdout. */
import { accessSync, constants } from 'node:fs';
import type { CniCommand, CniErrorResult } from '@lighter/spec/cni';
import { NetworkError } from '../errors.ts';
import { MAXIMUM_INPUT_BYTES, type ProgramResult, runProgram } from '../program.ts';

/** What a plugin is told besides its configuration (CNI specification, section 2). */
export interface PluginCall {
  readonly command: CniCommand;
  readonly containerId: string;
  /** Path of the namespace, '' when it is gone. */
  readonly netns: string;
  readonly interfaceName: string;
  /** `NAME=value;NAME=value`. */
  readonly args: string;
  readonly pluginDirectories: readonly string[];
}

export function findPlugin(type: string, directories: readonly string[]): string {
  for (const directory of directories) {
    try {
      accessSync(`${directory}/${type}`, constants.X_OK);
      return `${directory}/${type}`;
    } catch {
      // Perhaps in the next one.
    }
  }
  throw new NetworkError('PLUGIN_MISSING', `CNI plugin "${type}" not found in ${directories.join(', ')}`);
}

/** The plugin's standard output. Throws NetworkError with the plugin's name and words. */
export async function callPlugin(type: string, config: string, call: PluginCall): Promise<string> {
  const file = findPlugin(type, call.pluginDirectories);
  const size = Buffer.byteLength(config);
  if (size > MAXIMUM_INPUT_BYTES) {
    throw new NetworkError(
      'CONFIG_INVALID',
      `configuration of CNI plugin "${type}" has ${size} bytes, which is too much`,
    );
  }
  let run: ProgramResult;
  try {
    run = await runProgram({ file, env: environment(call), input: config });
  } catch (cause) {
    throw new NetworkError('PLUGIN_FAILED', `starting CNI plugin ${file}: ${(cause as Error).message}`, { cause });
  }
  if (run.status === 0) return run.stdout;
  throw failure(type, call.command, run);
}

function environment(call: PluginCall): string[] {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('CNI_'));
  return [
    ...own.map(([name, value]) => `${name}=${value}`),
    `CNI_COMMAND=${call.command}`,
    `CNI_CONTAINERID=${call.containerId}`,
    `CNI_NETNS=${call.netns}`,
    `CNI_IFNAME=${call.interfaceName}`,
    `CNI_ARGS=${call.args}`,
    `CNI_PATH=${call.pluginDirectories.join(':')}`,
  ];
}

function failure(type: string, command: CniCommand, run: ProgramResult): NetworkError {
  const { stdout: output, stderr: complaints } = run;
  let error: Partial<CniErrorResult> | undefined;
  try {
    error = JSON.parse(output) as Partial<CniErrorResult>;
  } catch {
    // Not the form of the specification.
  }
  const words = error?.msg ? [error.msg, error.details].filter(Boolean).join('; ') : (output + complaints).trim();
  const ending = run.signal === undefined ? `exit status ${run.status}` : `signal ${run.signal}`;
  return new NetworkError('PLUGIN_FAILED', `CNI plugin "${type}" failed (${command}): ${words || ending}`, {
    ...(typeof error?.code === 'number' ? { cniCode: error.code } : {}),
  });
}
