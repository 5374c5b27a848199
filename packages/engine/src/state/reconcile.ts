/** What a container is really doing: what was last written about it, corrected by exit files and by who still lives. */
import { readFileSync, statSync } from 'node:fs';
import type { EnginePaths } from '../engine-paths.ts';
import { type ContainerExit, type ContainerState, initialState } from '../record.ts';
import { readExit } from './exits.ts';

/** conmon's exit file is the truth about a container that is said to run. */
export function withTruth(paths: EnginePaths, id: string, state: ContainerState): ContainerState {
  if (!['running', 'paused', 'stopping'].includes(state.status)) return state;
  const ended = readExit(paths, id) ?? lostExit(state);
  return ended ? { ...state, status: 'stopped', pid: 0, conmonPid: 0, exit: ended } : state;
}

/** For a container whose conmon has gone without a word. */
function lostExit(state: ContainerState): ContainerExit | undefined {
  if (state.conmonPid <= 0 || isAlive(state.conmonPid) || isAlive(state.pid)) return undefined;
  return {
    code: -1,
    finished: Date.now(),
    error: 'conmon died without writing exit file, container exit code could not be retrieved',
  };
}

/** Of a container that isn't known to have done anything since the machine started. */
export function stateOfEarlierBoot(paths: EnginePaths, id: string, exit: ContainerExit | undefined): ContainerState {
  if (exit) return { ...initialState, status: 'exited', exit };
  // Each start writes a configuration: it ran when the machine went down.
  const started = statSync(`${paths.bundle(id)}/config.json`, { throwIfNoEntry: false })?.mtimeMs;
  if (started === undefined) return initialState;
  const lost = { code: -1, finished: started, error: 'the machine went down while the container was running' };
  return { ...initialState, status: 'exited', started, exit: lost };
}

function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    // A zombie that its parent hasn't collected yet has ended.
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
