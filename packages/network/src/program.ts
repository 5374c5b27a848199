/** A program's whole run: its input, its output, how it ended. */
import { closeSync, writeSync } from 'node:fs';
import { linux } from '@lighter/linux/native';

export interface ProgramCall {
  /** Absolute path. */
  readonly file: string;
  readonly args?: readonly string[];
  /** Complete, as `NAME=value`. Default: our own. */
  readonly env?: readonly string[];
  /** At most 64 KiB, which a pipe takes without a reader: more would block us if the program didn't read. */
  readonly input?: string;
  /** Its standard error goes nowhere: for programs that leave others behind. */
  readonly discardErrors?: boolean;
}

export interface ProgramResult {
  readonly status?: number;
  readonly signal?: number;
  readonly stdout: string;
  readonly stderr: string;
}

const MAXIMUM_OUTPUT_BYTES = 1 << 20;
/** What a pipe takes at once. */
export const MAXIMUM_INPUT_BYTES: number = 65_536;

/** Throws the system's error when the program can't be started. */
export async function runProgram(call: ProgramCall): Promise<ProgramResult> {
  const pipes: number[] = [];
  const pipe = () => {
    const pair = linux.pipe();
    pipes.push(...pair);
    return pair;
  };
  const [stdin, stdinWriter] = pipe();
  const [stdout, stdoutWriter] = pipe();
  const [stderr, stderrWriter] = pipe();
  let pid: number;
  try {
    pid = linux.spawn({
      file: call.file,
      argv: [call.file, ...(call.args ?? [])],
      fds: [stdin, stdoutWriter, call.discardErrors ? -1 : stderrWriter],
      ...(call.env ? { env: call.env } : {}),
    });
  } catch (error) {
    for (const fd of pipes) closeSync(fd);
    throw error;
  }
  for (const fd of [stdin, stdoutWriter, stderrWriter]) closeSync(fd);
  try {
    writeSync(stdinWriter, call.input ?? '');
  } catch {
    // It ended without reading: what it says is the better message.
  } finally {
    closeSync(stdinWriter);
  }
  const [output, complaints] = await Promise.all([readAll(stdout), readAll(stderr)]);
  return { ...(await linux.waitpid(pid)), stdout: output, stderr: complaints };
}

async function readAll(fd: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const chunk = await linux.read(fd, 65_536);
      if (!chunk) return Buffer.concat(chunks).toString();
      size += chunk.length;
      if (size <= MAXIMUM_OUTPUT_BYTES) chunks.push(chunk);
    }
  } finally {
    closeSync(fd);
  }
}
