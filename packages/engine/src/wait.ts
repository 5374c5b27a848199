/** Waiting for what a container will be. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Engine } from './engine.ts';
import type { ContainerStatus } from './record.ts';

export interface WaitRequest {
  /** Default: stopped or exited. */
  readonly conditions?: readonly ContainerStatus[];
  /** Milliseconds between two looks. Default 20. */
  readonly interval?: number;
  readonly signal?: AbortSignal;
}

const POLL = 20;
const ends: readonly ContainerStatus[] = ['stopped', 'exited'];

/** The exit code, -1 when the condition isn't about an end; 0 for a container that was never started. */
export async function waitContainer(engine: Engine, id: string, request: WaitRequest = {}): Promise<number> {
  const { conditions = ends, interval = POLL, signal } = request;
  for (;;) {
    signal?.throwIfAborted();
    const container = await engine.containers.find(id);
    // Removed by --rm meanwhile: its exit file stays for a while.
    if (!container) return engine.containers.exitOf(id)?.code ?? -1;
    const { status, exit } = container.state;
    if (conditions.includes(status)) return ends.includes(status) ? (exit?.code ?? -1) : -1;
    if (status === 'created' && conditions === ends) return 0;
    await pause(interval, undefined, signal ? { signal } : {});
  }
}
