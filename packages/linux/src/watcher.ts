/**
 * Talks to the launcher's watcher (native/launcher/watcher.c): what to run should this process be killed before it has
 * handed a container over to conmon's guard.
 */
import { writeSync } from 'node:fs';
import { restoreCaller } from './launched.ts';
import { linux } from './native.ts';

/** Should this process end without {@link disarmWatcher}, `argv` is run; `argv[0]` is an absolute path. */
export function armWatcher(argv: readonly string[]): void {
  tell(argv);
}

export function disarmWatcher(): void {
  tell([]);
}

let closedOnExec = false;

/** Without a launcher (running from source) there is no watcher. */
function tell(argv: readonly string[]): void {
  const fd = restoreCaller().watcherFd;
  if (fd === undefined) return;
  if (!closedOnExec) linux.setCloseOnExec(fd, true);
  closedOnExec = true;
  // One write: the watcher must never see half a message that we were killed in.
  writeSync(fd, Buffer.from(`${argv.map((text) => `+${text}\0`).join('')}\0`));
}
