/** What is said over conmon's sockets: a start byte to it, and lines of JSON from it. */
import { linux } from '@lighter/linux/native';
import { RuntimeError } from '../errors.ts';

/** How long a runtime may take to create a container, in milliseconds. */
const CREATE_TIMEOUT = 240_000;

/** The sync and start pipes, and the attach pipe of an exec, have the numbers from `syncFd` up. */
export function conmonEnvironment(syncFd: number, attaching = false): string[] {
  const env = [`_OCI_SYNCPIPE=${syncFd}`, `_OCI_STARTPIPE=${syncFd + 1}`];
  if (attaching) env.push(`_OCI_ATTACHPIPE=${syncFd + 2}`);
  for (const [name, value] of Object.entries(process.env)) {
    // The runtime would otherwise announce its own start to our service manager.
    if (name !== 'NOTIFY_SOCKET' && !name.startsWith('_OCI_')) env.push(`${name}=${value}`);
  }
  return env;
}

/** conmon that died early is told by the sync pipe, not by a broken start pipe. */
export async function sendStartByte(start: number): Promise<void> {
  try {
    await linux.write(start, Uint8Array.of(0));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}

export interface Answer {
  /** Process id of the container, or negative for a failure; then, of an exec, the exit code. */
  readonly data: number;
  readonly message?: string;
}

/** undefined when conmon has gone without a word. */
export async function readAnswer(
  sync: number,
  timeout = AbortSignal.timeout(CREATE_TIMEOUT),
): Promise<Answer | undefined> {
  let text = '';
  try {
    while (!text.includes('\n')) {
      const packet = await linux.read(sync, 65536, timeout);
      if (!packet) break;
      text += Buffer.from(packet).toString();
    }
  } catch (error) {
    if (!timeout.aborted) throw error;
    throw new RuntimeError(
      'TIMEOUT',
      `container creation timeout: no answer from conmon in ${CREATE_TIMEOUT / 1000} s`,
    );
  }
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as Answer;
  } catch (cause) {
    throw new RuntimeError('RUNTIME_FAILED', `conmon's answer isn't JSON: ${JSON.stringify(text)}`, { cause });
  }
}
