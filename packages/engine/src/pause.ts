/** `podman pause` and `unpause`: all processes of a container are frozen, and go on where they were. */
import type { Engine } from './engine.ts';
import { EngineError } from './errors.ts';
import type { ContainerStatus } from './record.ts';
import type { Container } from './state/containers.ts';

export async function pauseContainer(engine: Engine, container: Container): Promise<void> {
  const { record, state } = container;
  if (state.status === 'paused') throw improper(`${JSON.stringify(record.id)} is already paused`);
  if (state.status !== 'running') throw improper(`${JSON.stringify(state.status)} is not running, can't pause`);
  await (await engine.monitor(record.config)).pause(record.id);
  setStatus(engine, container, 'paused');
}

export async function unpauseContainer(engine: Engine, container: Container): Promise<void> {
  const { record, state } = container;
  if (state.status !== 'paused') throw improper(`${JSON.stringify(record.id)} is not paused, can't unpause`);
  await (await engine.monitor(record.config)).resume(record.id);
  setStatus(engine, container, 'running');
}

/** Not over what became of a container that ended, or was started anew, meanwhile. */
function setStatus(engine: Engine, { record, state }: Container, status: ContainerStatus): void {
  const now = engine.containers.stateOf(record.id);
  if (now?.conmonPid === state.conmonPid && now.status === state.status)
    engine.containers.setState(record.id, { ...now, status });
}

function improper(message: string): EngineError {
  return new EngineError('STATE_IMPROPER', `${message}: container state improper`);
}
