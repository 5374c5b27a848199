/**
 * Starting conmon: its descriptors (stdio by number, preserved ones from 3, then sync and start "pipes"), the start
 * byte, and the answer on the sync pipe.
 */
import { closeSync, readFileSync } from 'node:fs';
import { linux } from '@lighter/linux/native';
import { readCgroupMounts } from '../cgroups.ts';
import { RuntimeError } from '../errors.ts';
import { type OciRuntime, runtimeName } from '../oci/command.ts';
import { firstLogMessage, runtimeFailure } from '../oci/failure.ts';
import { readAll } from '../oci/process.ts';
import type { CreateRequest, PendingContainer } from '../types.ts';
import { conmonArguments } from './arguments.ts';
import { moveToCgroup } from './cgroup.ts';
import type { ConmonFeatures } from './features.ts';

/** How long a runtime may take to create a container, in milliseconds. */
const CREATE_TIMEOUT = 240_000;

/** Spawns conmon, which then waits. Both sockets are SOCK_SEQPACKET: one JSON line is one packet. */
export function spawnConmon(
  conmonPath: string,
  request: CreateRequest,
  runtime: OciRuntime,
  features: ConmonFeatures,
): PendingContainer {
  const preserved = request.preservedFds ?? [];
  const [sync, childSync] = linux.seqpacketPair();
  const [start, childStart] = linux.seqpacketPair();
  const [stderr, childStderr] = request.inheritStdio ? [undefined, undefined] : linux.pipe();
  let pid: number;
  try {
    pid = linux.spawn({
      file: conmonPath,
      argv: [conmonPath, ...conmonArguments(request, runtime, features)],
      env: conmonEnvironment(3 + preserved.length),
      newProcessGroup: true,
      fds: [...(request.inheritStdio ? [0, 1, 2] : [-1, -1, childStderr ?? -1]), ...preserved, childSync, childStart],
    });
  } catch (error) {
    for (const fd of [sync, start, stderr]) if (fd !== undefined) closeSync(fd);
    throw new RuntimeError('PROGRAM_MISSING', `starting ${conmonPath}: ${(error as Error).message}`, { cause: error });
  } finally {
    for (const fd of [childSync, childStart, childStderr]) if (fd !== undefined) closeSync(fd);
  }
  const warnings =
    request.conmonCgroup === undefined ? [] : moveToCgroup(readCgroupMounts(), request.conmonCgroup, pid);

  let released = false;
  return {
    warnings,
    async release() {
      if (released) throw new RuntimeError('INVALID', `container ${request.id} has been released already`);
      released = true;
      // Both end when conmon's first process has forked the one that stays.
      const complaints = stderr === undefined ? Promise.resolve('') : readAll(stderr).then(String);
      const first = linux.waitpid(pid);
      try {
        await sendStartByte(start);
        const answer = await readAnswer(sync);
        await first;
        if (answer !== undefined && answer.data >= 0) {
          return { pid: answer.data, conmonPid: readPid(`${request.runDirectory}/conmon.pid`) };
        }
        throw createFailure(request, runtime, answer, await complaints);
      } finally {
        closeSync(sync);
        closeSync(start);
      }
    },
    async [Symbol.asyncDispose]() {
      if (released) return;
      released = true;
      // Killed before the start pipe closes: the end of that pipe would let conmon go on.
      linux.kill(pid, 9);
      await linux.waitpid(pid);
      for (const fd of [sync, start, stderr]) if (fd !== undefined) closeSync(fd);
    },
  };
}

function conmonEnvironment(syncFd: number): string[] {
  const env = [`_OCI_SYNCPIPE=${syncFd}`, `_OCI_STARTPIPE=${syncFd + 1}`];
  for (const [name, value] of Object.entries(process.env)) {
    // The runtime would otherwise announce its own start to our service manager.
    if (name !== 'NOTIFY_SOCKET' && !name.startsWith('_OCI_')) env.push(`${name}=${value}`);
  }
  return env;
}

/** conmon that died early is told by the sync pipe, not by a broken start pipe. */
async function sendStartByte(start: number): Promise<void> {
  try {
    await linux.write(start, Uint8Array.of(0));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}

interface Answer {
  /** Process id of the container, or negative for a failure. */
  readonly data: number;
  readonly message?: string;
}

async function readAnswer(sync: number): Promise<Answer | undefined> {
  const timeout = AbortSignal.timeout(CREATE_TIMEOUT);
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

function createFailure(
  request: CreateRequest,
  runtime: OciRuntime,
  answer: Answer | undefined,
  complaints: string,
): RuntimeError {
  let log = '';
  try {
    log = readFileSync(`${request.runDirectory}/oci-log`, 'utf8');
  } catch {
    // The runtime never got as far.
  }
  const message = firstLogMessage(log) ?? answer?.message ?? complaints.trim();
  if (message === '') {
    return new RuntimeError('RUNTIME_FAILED', 'container create failed (no logs from conmon)');
  }
  return runtimeFailure(runtimeName(runtime), message);
}

function readPid(path: string): number {
  const pid = Number.parseInt(readFileSync(path, 'utf8'), 10);
  if (!(pid > 0)) throw new RuntimeError('RUNTIME_FAILED', `${path} holds no process id`);
  return pid;
}
