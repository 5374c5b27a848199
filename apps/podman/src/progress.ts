/** What happens during a copy, shown on stderr. */
import { type CopyEvent, copyProgress as progressOn } from '@lighter/cli/progress/copy-progress';

export function copyProgress(quiet: boolean): (event: CopyEvent) => void {
  return progressOn(process.stderr, quiet);
}
