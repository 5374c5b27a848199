/** What the parts of one copy share. */
import type { CopyEvent, ImageContext, ImageDestination, ImageReference, ImageSource } from '../types.ts';
import type { CopyOptions } from './options.ts';

export interface CopySession {
  readonly source: ImageSource;
  readonly destination: ImageDestination;
  readonly from: ImageReference;
  readonly to: ImageReference;
  readonly options: CopyOptions;
  readonly signal: AbortSignal;
}

export function tell({ options }: CopySession, event: CopyEvent): void {
  options.onEvent?.(event);
}

/** Says what begins now. */
export function note(session: CopySession, text: string): void {
  tell(session, { type: 'note', text });
}

export function sourceContext({ options }: CopySession): ImageContext {
  return options.sourceContext ?? options.context ?? {};
}

export function destinationContext({ options }: CopySession): ImageContext {
  return options.destinationContext ?? options.context ?? {};
}

/** Why a manifest has to stay as it is, if so. */
export function unchangeable({ options, to }: CopySession, signatures: number, ofList = false): string | undefined {
  if (options.preserveDigests) return 'Instructed to preserve digests';
  if (to.dockerReference?.includes('@')) return 'Destination specifies a digest';
  if (signatures === 0) return undefined;
  return ofList
    ? 'Would invalidate signatures; consider removing them from the multi-platform list'
    : 'Would invalidate signatures';
}
