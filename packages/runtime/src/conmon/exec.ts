/**
 * A further process in a container, under a conmon of its own: the start byte, its word that the attach socket is there, our
 * connection to it, a second start byte, then the process's id and, when it has ended, its exit code.
 */
import { closeSync, mkdirSync, writeFileSync } from 'node:fs';
import { linux } from '@lighter/linux/native';
import { readCgroupMounts } from '../cgroups.ts';
import { RuntimeError } from '../errors.ts';
import type { OciRuntime } from '../oci/command.ts';
import { readAll } from '../oci/process.ts';
import type { AttachStream, ExecRequest, ExecSession } from '../types.ts';
import { execArguments } from './arguments.ts';
import { attachToConmon } from './attach.ts';
import { moveToCgroup } from './cgroup.ts';
import { answerFailure } from './failure.ts';
import { conmonEnvironment, readAnswer, sendStartByte } from './pipes.ts';
import { resizeTerminal } from './resize.ts';

export async function execInConmon(
  conmonPath: string,
  request: ExecRequest,
  runtime: OciRuntime,
): Promise<ExecSession> {
  const { directory } = request;
  mkdirSync(`${directory}/exit`, { mode: 0o700 });
  writeFileSync(`${directory}/process.json`, JSON.stringify(request.process), { mode: 0o600 });
  const preserved = request.preservedFds ?? [];
  const [sync, childSync] = linux.seqpacketPair();
  const [start, childStart] = linux.seqpacketPair();
  const [attach, childAttach] = linux.seqpacketPair();
  const [stderr, childStderr] = linux.pipe();
  let open = [sync, start, attach];
  const closeAll = () => {
    for (const fd of open.splice(0)) closeSync(fd);
  };
  let stream: AttachStream | undefined;
  try {
    let pid: number;
    try {
      pid = linux.spawn({
        file: conmonPath,
        argv: [conmonPath, ...execArguments(request, runtime)],
        env: conmonEnvironment(3 + preserved.length, request.attach),
        newProcessGroup: true,
        fds: [-1, -1, childStderr, ...preserved, childSync, childStart, childAttach],
      });
    } catch (error) {
      closeSync(stderr);
      throw new RuntimeError('PROGRAM_MISSING', `starting ${conmonPath}: ${(error as Error).message}`, {
        cause: error,
      });
    } finally {
      for (const fd of [childSync, childStart, childAttach, childStderr]) closeSync(fd);
    }
    if (request.conmonCgroup !== undefined) moveToCgroup(readCgroupMounts(), request.conmonCgroup, pid);
    const complaints = readAll(stderr).then(String);
    const first = linux.waitpid(pid);
    await sendStartByte(start);
    // Without a word conmon has failed before, and says why on the sync pipe.
    if (request.attach && (await readAnswer(attach)) !== undefined) {
      if (request.size) await resizeTerminal(directory, request.size);
      stream = attachToConmon(directory);
      await sendStartByte(start);
    }
    const answer = await readAnswer(sync);
    await first;
    if (answer === undefined || answer.data < 0)
      throw answerFailure(`${directory}/oci-log`, runtime, answer, await complaints);
    open = open.filter((fd) => {
      if (fd !== sync) closeSync(fd);
      return fd === sync;
    });
    return new Session(answer.data, sync, stream);
  } catch (error) {
    await stream?.[Symbol.asyncDispose]();
    closeAll();
    throw error;
  }
}

class Session implements ExecSession {
  readonly pid: number;
  readonly stream?: AttachStream;
  readonly #sync: number;
  #open = true;

  constructor(pid: number, sync: number, stream: AttachStream | undefined) {
    this.pid = pid;
    this.#sync = sync;
    if (stream) this.stream = stream;
  }

  async exitCode(): Promise<number> {
    const answer = await readAnswer(this.#sync, new AbortController().signal);
    if (!answer) throw new RuntimeError('MONITOR_DIED', 'conmon died: the exit code of the exec session is lost');
    if (answer.data < 0) throw new RuntimeError('RUNTIME_FAILED', answer.message ?? `conmon said ${answer.data}`);
    return answer.data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.stream?.[Symbol.asyncDispose]();
    closeSync(this.#sync);
  }
}
