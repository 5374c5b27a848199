/** `podman attach`: our streams joined with those of a container that somebody else started. */
import { pumpAttach } from '@lighter/container/attach/pump';
import type { Engine } from './engine.ts';
import { EngineError } from './errors.ts';
import type { ForegroundOptions } from './run.ts';
import type { Container } from './state/containers.ts';

/** Its exit code, or 'detached' when the user left by the detach keys. Whoever started it, or conmon's guard, cleans up. */
export async function attachToContainer(
  engine: Engine,
  { record, state }: Container,
  options: ForegroundOptions,
): Promise<number | 'detached'> {
  const { id, config } = record;
  if (state.status !== 'running' && state.status !== 'paused') {
    throw new EngineError('STATE_IMPROPER', 'you can only attach to running containers');
  }
  if (config.io.logDriver === 'passthrough') {
    throw new EngineError(
      'INVALID',
      `this container is using the 'passthrough' log driver, cannot attach: invalid argument`,
    );
  }
  const paths = engine.containerPaths(id);
  const monitor = await engine.monitor(config);
  await using stream = await monitor.attach(paths.bundle);
  const undo = options.onStarted?.({
    kill: (signal) => monitor.kill(id, signal),
    resize: (size) => monitor.resize(paths.bundle, size),
  });
  try {
    const { stdin, stdout, stderr, detachKeys } = options;
    const ended = await pumpAttach(stream, {
      ...(stdin === undefined ? {} : { stdin }),
      ...(stdout === undefined ? {} : { stdout }),
      ...(stderr === undefined ? {} : { stderr }),
      ...(detachKeys ? { detachKeys } : {}),
    });
    if (ended === 'detached') return 'detached';
    return await monitor.waitExit(paths.exitDirectory, id, { conmonPid: state.conmonPid });
  } finally {
    undo?.();
  }
}
