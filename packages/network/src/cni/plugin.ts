/** Running a CNI plugin: parameters in the environment, configuration on stdin, a result or an error on stdout. */
import { accessSync, closeSync, constants, writeSync } from 'node:fs';
import { linux } from '@lighter/linux/native';
import type { CniCommand, CniErrorResult } from '@lighter/spec/cni';
import { NetworkError } from '../errors.ts';

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

/** A pipe takes as much without a reader: more would block us if the plugin didn't read. */
const MAXIMUM_CONFIG_BYTES = 65_536;
const MAXIMUM_RESULT_BYTES = 1 << 20;

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
  const data = Buffer.from(config);
  if (data.length > MAXIMUM_CONFIG_BYTES) {
    throw new NetworkError(
      'CONFIG_INVALID',
      `configuration of CNI plugin "${type}" has ${data.length} bytes, which is too much`,
    );
  }
  const pipes: number[] = [];
  const pipe = () => {
    const pair = linux.pipe();
    pipes.push(...pair);
    return pair;
  };
  let pid: number;
  const [stdin, stdinWriter] = pipe();
  const [stdout, stdoutWriter] = pipe();
  const [stderr, stderrWriter] = pipe();
  try {
    pid = linux.spawn({ file, argv: [file], env: environment(call), fds: [stdin, stdoutWriter, stderrWriter] });
  } catch (cause) {
    for (const fd of pipes) closeSync(fd);
    throw new NetworkError('PLUGIN_FAILED', `starting CNI plugin ${file}: ${(cause as Error).message}`, { cause });
  }
  for (const fd of [stdin, stdoutWriter, stderrWriter]) closeSync(fd);
  try {
    writeSync(stdinWriter, data);
  } catch {
    // It ended without reading: what it says is the better message.
  } finally {
    closeSync(stdinWriter);
  }
  const [output, complaints] = await Promise.all([readAll(stdout), readAll(stderr)]);
  const exit = await linux.waitpid(pid);
  if (exit.status === 0) return output;
  throw failure(type, call.command, output, complaints, exit);
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

async function readAll(fd: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const chunk = await linux.read(fd, 65_536);
      if (!chunk) return Buffer.concat(chunks).toString();
      size += chunk.length;
      if (size <= MAXIMUM_RESULT_BYTES) chunks.push(chunk);
    }
  } finally {
    closeSync(fd);
  }
}

function failure(
  type: string,
  command: CniCommand,
  output: string,
  complaints: string,
  exit: { readonly status?: number; readonly signal?: number },
): NetworkError {
  let error: Partial<CniErrorResult> | undefined;
  try {
    error = JSON.parse(output) as Partial<CniErrorResult>;
  } catch {
    // Not the form of the specification.
  }
  const words = error?.msg ? [error.msg, error.details].filter(Boolean).join('; ') : (output + complaints).trim();
  const ending = exit.signal === undefined ? `exit status ${exit.status}` : `signal ${exit.signal}`;
  return new NetworkError('PLUGIN_FAILED', `CNI plugin "${type}" failed (${command}): ${words || ending}`, {
    ...(typeof error?.code === 'number' ? { cniCode: error.code } : {}),
  });
}
