/** What happens during a copy, in upstream's lines on stderr. */
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
    switch (event.type) {
      case 'blob-start':
        say(`Copying ${event.kind === 'config' ? 'config' : 'blob'} ${event.digest}`);
        break;
      case 'blob-reused':
        say(`Copying blob ${event.digest} skipped: already exists`);
        break;
      case 'manifest':
        say('Writing manifest to image destination');
        break;
      case 'retry':
        process.stderr.write(`${event.what}: attempt ${event.attempt} failed, retrying: ${event.reason}\n`);
        break;
      default:
    }
  };
}
