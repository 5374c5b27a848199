/** Turns what an OCI runtime says when it fails into one clear error. */
import { RuntimeError } from '../errors.ts';

const notFound = ['executable file not found in', 'no such file or directory', 'open executable'];
const denied = ['permission denied', 'operation not permitted'];

/**
 * Classifies a runtime's message as podman does, which decides over the exit codes 126 and 127.
 * `runtimeName` is the base name that stands before the message.
 */
export function runtimeFailure(runtimeName: string, text: string): RuntimeError {
  const lines = text.trim().split('\n');
  const find = (patterns: readonly string[]) =>
    lines.find((line) => patterns.some((pattern) => line.toLowerCase().includes(pattern)));
  const deniedLine = find(denied);
  if (deniedLine !== undefined) {
    return new RuntimeError('PERMISSION_DENIED', `${runtimeName}: ${deniedLine.trim()}: OCI permission denied`);
  }
  const notFoundLine = find(notFound);
  if (notFoundLine !== undefined) {
    return new RuntimeError(
      'COMMAND_NOT_FOUND',
      `${runtimeName}: ${notFoundLine.trim()}: OCI runtime attempted to invoke a command that was not found`,
    );
  }
  return new RuntimeError('RUNTIME_FAILED', `OCI runtime error: ${runtimeName}: ${lines.join('\n')}`);
}

/**
 * The first message in a runtime's log: JSON lines with `msg` (`--log-format=json`), or plain text of runtimes that
 * can't do that.
 */
export function firstLogMessage(log: string): string | undefined {
  for (const line of log.split('\n')) {
    try {
      const { msg } = JSON.parse(line) as { msg?: unknown };
      if (typeof msg === 'string' && msg !== '') return msg;
    } catch {
      // Not JSON: some other line of the log.
    }
  }
  return undefined;
}
