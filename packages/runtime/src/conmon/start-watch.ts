/**
 * Between the runtime's `create` and its `start` a container belongs to nobody but its creator: conmon would hold it
 * for ever if that were killed. A tiny process watches: when the creator goes without a word, it deletes the container,
 * and conmon's exit command then cleans up as after any other end.
 */
import { closeSync, writeSync } from 'node:fs';
import { linux } from '@lighter/linux/native';
import type { OciRuntime } from '../oci/command.ts';
import type { CreateRequest } from '../types.ts';

const SHELL = '/bin/sh';

/**
 * Reads a line from the creator, or the end of its pipe. conmon may still be about to create the container: deleting
 * is tried until conmon has gone, for a minute at most.
 * Arguments: conmon's pid file, then the runtime's command line for deleting.
 */
const script = `read -r word && exit 0
pidfile=$1
shift
attempts=0
while [ $attempts -lt 600 ]; do
  "$@" >/dev/null 2>&1
  kill -0 "$(cat "$pidfile" 2>/dev/null)" 2>/dev/null || exit 0
  sleep 0.1
  attempts=$((attempts + 1))
done`;

export interface StartWatch {
  /** The container is started, or stays unstarted on purpose: it lives without its creator from now on. */
  settle(): void;
  /** Without having settled: the container is deleted. */
  abandon(): void;
}

export function watchStart(request: CreateRequest, runtime: OciRuntime): StartWatch {
  const [reader, writer] = linux.pipe();
  const remove = [runtime.path, ...runtime.globalArguments, 'delete', '--force', request.id];
  let pid: number;
  try {
    pid = linux.spawn({
      file: SHELL,
      argv: [SHELL, '-c', script, 'lighter-start-watch', `${request.runDirectory}/conmon.pid`, ...remove],
      fds: [reader, -1, -1],
      newSession: true,
    });
  } catch (error) {
    closeSync(writer);
    throw error;
  } finally {
    closeSync(reader);
  }
  let open = true;
  const close = () => {
    if (!open) return;
    open = false;
    closeSync(writer);
    // Reaps it; it needs nothing of us any more.
    void linux.waitpid(pid).catch(() => {});
  };
  return {
    settle() {
      if (open) writeSync(writer, 'settled\n');
      close();
    },
    abandon: close,
  };
}
