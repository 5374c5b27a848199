/**
 * Exec sessions of a container: a folder each below the container's run-time state, which goes when the session or the
 * container's run ends. A session that nobody waited for is known by conmon's exit file, and swept by the next one.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { randomId } from '@lighter/storage/ids';
import type { Engine } from '../engine.ts';
import { directoryNames, writeRunFile } from '../state/run-files.ts';

export interface SessionRecord {
  readonly id: string;
  readonly containerId: string;
  readonly command: readonly string[];
  /** Milliseconds since 1970. */
  readonly created: number;
}

/** A new session's folder. */
export function createSession(engine: Engine, containerId: string, command: readonly string[]): SessionRecord {
  const session = { id: randomId(), containerId, command, created: Date.now() };
  mkdirSync(sessionDirectory(engine, session), { recursive: true, mode: 0o700 });
  writeRunFile(`${sessionDirectory(engine, session)}/session.json`, session);
  return session;
}

export function sessionDirectory(engine: Engine, { id, containerId }: SessionRecord): string {
  return `${engine.paths.execSessions(containerId)}/${id}`;
}

export function removeSession(engine: Engine, session: SessionRecord): void {
  rmSync(sessionDirectory(engine, session), { recursive: true, force: true });
}

/** Ids of the sessions that have not ended. */
export function liveSessions(engine: Engine, containerId: string): string[] {
  const directory = engine.paths.execSessions(containerId);
  return directoryNames(directory).filter((id) => !hasEnded(`${directory}/${id}`));
}

/** Those that ended while nobody waited. */
export function sweepSessions(engine: Engine, containerId: string): void {
  const directory = engine.paths.execSessions(containerId);
  for (const id of directoryNames(directory))
    if (hasEnded(`${directory}/${id}`)) rmSync(`${directory}/${id}`, { recursive: true, force: true });
}

function hasEnded(directory: string): boolean {
  try {
    return readdirSync(`${directory}/exit`).length > 0;
  } catch {
    return false; // conmon hasn't been started yet
  }
}
