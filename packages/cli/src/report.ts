/** Tells an error, once, and says which exit status it means. */
import { fstatSync } from 'node:fs';
import { ExitStatus, Interrupted, NotBuilt } from './exit.ts';
import { isLogged, log } from './log.ts';
import type { AnyProgram } from './program-types.ts';

/** Status of a process that a closed pipe ended, in the words of a shell. */
const CLOSED_PIPE = 128 + 13;

/** Returns the exit status. */
export function reportError(program: AnyProgram, error: unknown): number {
  if (error instanceof ExitStatus) return error.status;
  if (isClosedPipe(error)) return CLOSED_PIPE;
  if (isLogged('debug')) for (const line of chainOf(error)) log('debug', line);
  const own = program.report?.(error);
  if (!program.report) process.stderr.write(`Error: ${messageOf(error)}\n`);
  if (error instanceof NotBuilt) return error.exitCode;
  if (own !== undefined) return own;
  if (error instanceof Interrupted) return error.signal === 'SIGINT' ? 130 : 143;
  return program.errorStatus ?? 125;
}

/**
 * `buildah images | head -1` is no fault: the Go tools are ended by SIGPIPE, which Node ignores. Whatever else nobody has
 * caught is told in one line as any other error; the state of the process is unknown then, so it ends.
 */
export function endOnUncaught(program: AnyProgram): void {
  process.once('uncaughtException', (error) => {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === 'EPIPE' && syscall === 'write' && [1, 2].some(isPipe)) process.exit(CLOSED_PIPE);
    process.exit(reportError(program, error));
  });
}

/** A synchronous write to a closed standard stream. */
function isClosedPipe(error: unknown): boolean {
  // As the file system functions word it; the error of a socket reads otherwise.
  return error instanceof Error && error.message.startsWith('EPIPE: broken pipe, write');
}

function isPipe(descriptor: number): boolean {
  const status = fstatSync(descriptor);
  return status.isFIFO() || status.isSocket();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** An error and its causes, each with where it was thrown. */
function chainOf(error: unknown): string[] {
  const lines: string[] = [];
  for (let cause = error; cause instanceof Error && lines.length < 20; cause = cause.cause)
    lines.push(cause.stack ?? cause.message);
  return lines;
}
