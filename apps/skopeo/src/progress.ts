/** What happens during a copy, as lines on stdout. */
import type { CopyEvent } from '@lighter/image/types';

export function copyProgress(quiet: boolean): (event: CopyEvent) => void {
  if (quiet) return () => {};
  let begun = false;
  const say = (line: string) => {
    if (!begun) process.stdout.write('Getting image source signatures\n');
    begun = true;
    process.stdout.write(`${line}\n`);
  };
  const short = (digest: string) => digest.slice('sha256:'.length).slice(0, 12);
  return (event) => {
    if (event.type === 'blob-start') say(`Copying ${event.kind === 'config' ? 'config' : 'blob'} ${event.digest}`);
    else if (event.type === 'blob-reused') say(`Copying blob ${short(event.digest)} skipped: already exists`);
    else if (event.type === 'manifest') say('Writing manifest to image destination');
  };
}
