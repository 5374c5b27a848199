/** Why conmon couldn't create a container or an exec session, in the best words that somebody left. */
import { readFileSync } from 'node:fs';
import { RuntimeError } from '../errors.ts';
import { type OciRuntime, runtimeName } from '../oci/command.ts';
import { firstLogMessage, runtimeFailure } from '../oci/failure.ts';
import type { Answer } from './pipes.ts';

/** The runtime's own log first, then conmon's answer, then what either wrote to standard error. */
export function answerFailure(
  logPath: string,
  runtime: OciRuntime,
  answer: Answer | undefined,
  complaints: string,
): RuntimeError {
  let log = '';
  try {
    log = readFileSync(logPath, 'utf8');
  } catch {
    // The runtime never got as far.
  }
  const message = firstLogMessage(log) ?? answer?.message ?? complaints.trim();
  if (message === '') {
    return new RuntimeError('RUNTIME_FAILED', 'container create failed (no logs from conmon)');
  }
  return runtimeFailure(runtimeName(runtime), message);
}
