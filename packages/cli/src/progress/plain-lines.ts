/** A line for each blob that begins or is there already, in upstream's words. */
import type { CopyEvent, ProgressOutput } from './copy-progress.ts';

export const beginning = 'Getting image source signatures\n';
export const ending = 'Writing manifest to image destination\n';

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
  #begun = false;

  constructor(output: ProgressOutput) {
    this.#output = output;
  }

  show(event: CopyEvent): void {
    switch (event.type) {
      case 'blob-start':
        this.#say(`Copying ${event.kind === 'config' ? 'config' : 'blob'} ${event.digest}\n`);
        break;
      case 'blob-reused':
        this.#say(`Copying blob ${shortDigest(event.digest)} skipped: already exists\n`);
        break;
      case 'manifest':
        this.#say(ending);
        break;
      case 'retry':
        this.#output.write(retryLine(event));
        break;
      default:
    }
  }

  #say(line: string): void {
    if (!this.#begun) this.#output.write(beginning);
    this.#begun = true;
    this.#output.write(line);
  }
}
