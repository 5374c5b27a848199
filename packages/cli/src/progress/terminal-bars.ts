/**
 * Bars on a terminal: blobs on their way are a block of lines at the bottom that is drawn again and again, finished ones stay
 * above it. Every drawing ends with a line feed, so that an interrupted copy leaves the terminal as it should be.
 */
import { humanSize } from '../units.ts';
import type { CopyEvent, ProgressOutput } from './copy-progress.ts';
import { retryLine, shortDigest } from './plain-lines.ts';

/** Milliseconds between two drawings. */
const INTERVAL = 100;
const ERASE_BELOW = '\x1b[J';

interface Blob {
  readonly name: string;
  readonly size: number;
  readonly began: number;
  bytes: number;
}

export class TerminalBars {
  readonly #output: ProgressOutput;
  readonly #now: () => number;
  readonly #blobs = new Map<string, Blob>();
  /** Lines of the block as it stands on the screen. */
  #drawn = 0;
  #drawnAt = Number.NEGATIVE_INFINITY;

  /** `now` gives milliseconds. */
  constructor(output: ProgressOutput, now: () => number = () => performance.now()) {
    this.#output = output;
    this.#now = now;
  }

  show(event: CopyEvent): void {
    switch (event.type) {
      case 'blob-start': {
        const name = `${event.kind === 'config' ? 'config' : 'blob'} ${shortDigest(event.digest)}`;
        this.#blobs.set(event.digest, { name, size: event.size, began: this.#now(), bytes: 0 });
        this.#draw('');
        break;
      }
      case 'blob-progress': {
        const blob = this.#blobs.get(event.digest);
        if (blob) blob.bytes = event.bytes;
        if (this.#now() - this.#drawnAt >= INTERVAL) this.#draw('');
        break;
      }
      case 'blob-done': {
        const blob = this.#blobs.get(event.digest);
        this.#blobs.delete(event.digest);
        if (blob) this.#draw(`Copying ${blob.name} done   ${sizeText(event.size)}\n`);
        break;
      }
      case 'blob-reused':
        this.#blobs.delete(event.digest);
        this.#draw(
          `Copying ${event.kind === 'config' ? 'config' : 'blob'} ${shortDigest(event.digest)} skipped: already exists\n`,
        );
        break;
      case 'note':
        this.#draw(`${event.text}\n`);
        break;
      case 'retry':
        this.#draw(retryLine(event));
        break;
    }
  }

  /** `finished` is written above the block for good. */
  #draw(finished: string): void {
    const { columns = 80, rows = 24 } = this.#output;
    const fitting = [...this.#blobs.values()].slice(0, Math.max(1, rows - 2));
    const lines = fitting.map((blob) => `${this.#line(blob).slice(0, columns - 1)}\n`);
    const back = this.#drawn > 0 ? `\x1b[${this.#drawn}A\r${ERASE_BELOW}` : '';
    this.#output.write(`${back}${finished}${lines.join('')}`);
    this.#drawn = lines.length;
    this.#drawnAt = this.#now();
  }

  #line({ name, size, began, bytes }: Blob): string {
    const seconds = (this.#now() - began) / 1000;
    const speed = seconds > 0.5 && bytes > 0 ? `  ${humanSize(bytes / seconds, { digits: 3, blank: ' ' })}/s` : '';
    if (size <= 0) return `Copying ${name} ${sizeText(bytes)}${speed}`;
    return `Copying ${name} ${bar(bytes / size)} ${sizeText(bytes)} / ${sizeText(size)}${speed}`;
  }
}

const WIDTH = 26;

function bar(part: number): string {
  const filled = Math.round(Math.min(1, part) * WIDTH);
  const arrow = filled > 0 && filled < WIDTH ? '>' : '';
  return `[${'='.repeat(filled - arrow.length)}${arrow}${' '.repeat(WIDTH - filled)}]`;
}

function sizeText(bytes: number): string {
  return bytes < 0 ? '' : humanSize(bytes, { digits: 3, blank: ' ' });
}
