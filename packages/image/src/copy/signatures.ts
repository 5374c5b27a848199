/** Signatures of the source, as far as they are copied. */
import type { Digest } from '@lighter/spec/digest';
import { ImageError } from '../errors.ts';
import { type CopySession, note } from './session.ts';

/** Throws UNSUPPORTED when there are some that the destination can't keep. `ofList`: those of the list itself. */
export async function readSignatures(
  session: CopySession,
  instance: Digest | undefined,
  ofList = false,
): Promise<Uint8Array[]> {
  const { options, source, destination, to } = session;
  if (options.removeSignatures) return [];
  note(session, `Getting image ${ofList ? 'list' : 'source'} signatures`);
  const signatures = await Array.fromAsync(source.signatures(instance));
  if (signatures.length === 0) return signatures;
  note(session, `Checking if image ${ofList ? 'list ' : ''}destination supports signatures`);
  if (destination.putSignatures) return signatures;
  throw new ImageError(
    'UNSUPPORTED',
    `Can not copy signatures to ${to}: Storing signatures is not supported there (use --remove-signatures to leave them out)`,
  );
}
