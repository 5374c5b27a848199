/**
 * Starting conmon: its descriptors (stdio by number, preserved ones from 3, then sync and start "pipes"), the start
 * byte, and the answer on the sync pipe.
 */
import { closeSync, readFileSync } from 'node:fs';
import { linux } from '@lighter/linux/native';
import { readCgroupMounts } from '../cgroups.ts';
import { RuntimeError } from '../errors.ts';
import type { OciRuntime } from '../oci/command.ts';
import { readAll } from '../oci/process.ts';
import type { CreateRequest, PendingContainer } from '../types.ts';
import { conmonArguments } from './arguments.ts';
import { moveToCgroup } from './cgroup.ts';
import { answerFailure } from './failure.ts';
import type { ConmonFeatures } from './features.ts';
import { conmonEnvironment, readAnswer, sendStartByte } from './pipes.ts';

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
        throw answerFailure(`${request.runDirectory}/oci-log`, runtime, answer, await complaints);
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

function readPid(path: string): number {
  const pid = Number.parseInt(readFileSync(path, 'utf8'), 10);
  if (!(pid > 0)) throw new RuntimeError('RUNTIME_FAILED', `${path} holds no process id`);
  return pid;
}
