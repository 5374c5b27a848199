import type { Digest } from '@lighter/spec/digest';
import type { LayerCompression } from './layer-types.ts';

/** What became of a layer at the destination. */
export interface CopiedLayer {
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
  /** Set when it has another form now than its media type says. */
  readonly compression?: LayerCompression;
  /** A foreign layer that wasn't copied: its addresses stay in the manifest. */
  readonly keptElsewhere?: boolean;
}
