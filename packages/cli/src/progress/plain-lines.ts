/** A line for each step and for each blob, whether it is copied or there already, in upstream's words. */
import type { CopyEvent, ProgressOutput } from './copy-progress.ts';

/** The first twelve hexadecimal digits. */
export function shortDigest(digest: string): string {
  const hex = digest.slice(digest.indexOf(':') + 1);
  return hex.slice(0, 12);
}

export function retryLine({ what, attempt, reason }: CopyEvent & { type: 'retry' }): string {
  return `${what}: attempt ${attempt} failed, trying again: ${reason}\n`;
}

export class PlainLines {
  readonly #output: ProgressOutput;

  constructor(output: ProgressOutput) {
    this.#output = output;
  }

  show(event: CopyEvent): void {
    switch (event.type) {
      case 'blob-start':
      case 'blob-reused':
        this.#output.write(`Copying ${event.kind === 'config' ? 'config' : 'blob'} ${event.digest}\n`);
        break;
      case 'note':
        this.#output.write(`${event.text}\n`);
        break;
      case 'retry':
        this.#output.write(retryLine(event));
        break;
      default:
    }
  }
}
