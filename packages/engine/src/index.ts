/** Containers on a host, with a state database and without a daemon: what podman's commands are made of. */
export { endRun, type RunEnd, removeContainer } from './cleanup.ts';
export { beginCreation, type Created, type CreateRequest, createContainer } from './create.ts';
export { Engine, type EngineOptions } from './engine.ts';
export { EngineError, type EngineErrorCode } from './errors.ts';
export { cleanUpByGuard, type GuardRequest } from './guard.ts';
export { Ownership } from './owner.ts';
export type { ContainerExit, ContainerRecord, ContainerState, ContainerStatus } from './record.ts';
export { type RemoveRequest, removeContainerByUser } from './remove.ts';
export { type ForegroundOptions, type Running, runInForeground, undoStart } from './run.ts';
export { type Started, type StartOptions, startContainer } from './start.ts';
export type { Container } from './state/containers.ts';
export { killContainer, type StopRequest, stopContainer } from './stop.ts';
export { type WaitRequest, waitContainer } from './wait.ts';
