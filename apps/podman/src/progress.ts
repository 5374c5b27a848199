/** What happens during a pull or push, in upstream's lines on stderr. */
import type { CopyEvent } from '@lighter/image/types';

export function copyProgress(quiet: boolean): (event: CopyEvent) => void {
  if (quiet) return () => {};
  let begun = false;
  const say = (line: string) => {
    if (!begun) process.stderr.write('Getting image source signatures\n');
    begun = true;
    process.stderr.write(`${line}\n`);
  };
  return (event) => {
    if (event.type === 'blob-start') say(`Copying ${event.kind === 'config' ? 'config' : 'blob'} ${event.digest}`);
    else if (event.type === 'blob-reused') say(`Copying blob ${event.digest} skipped: already exists`);
    else if (event.type === 'manifest') say('Writing manifest to image destination');
  };
}
