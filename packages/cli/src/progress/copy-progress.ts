/**
 * What happens while an image is copied, for whoever watches: bars on a terminal, upstream's lines elsewhere, and for programs
 * the events themselves as JSON lines. `LIGHTER_PROGRESS` chooses (`auto`, `plain`, `json`).
 */
import { PlainLines } from './plain-lines.ts';
import { TerminalBars } from './terminal-bars.ts';

/** The events of a copy, as the image library tells them. Sizes in bytes; -1 where it isn't known before. */
export type CopyEvent =
  | { readonly type: 'blob-start'; readonly digest: string; readonly size: number; readonly kind: 'layer' | 'config' }
  | { readonly type: 'blob-progress'; readonly digest: string; readonly bytes: number; readonly size: number }
  | { readonly type: 'blob-done'; readonly digest: string; readonly size: number }
  | { readonly type: 'blob-reused'; readonly digest: string; readonly size: number; readonly kind: 'layer' | 'config' }
  /** A line for people: what begins now. */
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'manifest'; readonly digest: string; readonly mediaType: string }
  | { readonly type: 'retry'; readonly what: string; readonly attempt: number; readonly reason: string };

/** Where it is shown: `process.stdout` or `process.stderr`. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** A listener for the events of one copy. Quiet, it shows nothing to people; JSON lines come all the same. */
export function copyProgress(
  output: ProgressOutput,
  quiet: boolean,
  env: NodeJS.ProcessEnv = process.env,
): (event: CopyEvent) => void {
  const mode = env['LIGHTER_PROGRESS'] ?? 'auto';
  if (!['auto', 'plain', 'json'].includes(mode))
    throw new Error(`LIGHTER_PROGRESS is "${mode}": it takes auto, plain or json`);
  if (mode === 'json') return (event) => output.write(`${JSON.stringify(event)}\n`);
  if (quiet) return () => {};
  const bars = mode === 'auto' && output.isTTY && env['TERM'] !== 'dumb';
  const display = bars ? new TerminalBars(output) : new PlainLines(output);
  return (event) => display.show(event);
}
