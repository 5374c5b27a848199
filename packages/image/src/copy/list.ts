/** A whole list: its images, then the list as it is, or edited where an image has changed (image: copy/multiple.go). */
import type { Descriptor } from '@lighter/spec/blob';
import { isListType, parseIndex } from '@lighter/spec/manifest';
import type { RawManifest } from '@lighter/spec/oci-image';
import { ImageError } from '../errors.ts';
import { editedEntry, listText } from '../manifest/list.ts';
import { rawManifest } from '../raw-manifest.ts';
import { listPlan } from './manifest-plan.ts';
import type { SomePlatforms } from './options.ts';
import { type CopySession, note, tell, unchangeable } from './session.ts';
import { readSignatures } from './signatures.ts';
import { copySingle } from './single.ts';

export async function copyList(
  session: CopySession,
  top: RawManifest,
  which: 'all' | 'index-only' | SomePlatforms,
): Promise<RawManifest> {
  const { destination, options, source, to } = session;
  const accepted = destination.manifestTypes;
  if (accepted.length > 0 && !accepted.some(isListType)) {
    throw new ImageError(
      'UNSUPPORTED',
      `copying multiple images: destination transport ${JSON.stringify(to.transport)} does not support copying multiple images as a group`,
    );
  }
  const signatures = await readSignatures(session, undefined, true);
  const fixed = unchangeable(session, signatures.length, true);
  const plan = listPlan(top.mediaType, accepted, { format: options.format, fixed });
  const list = parseIndex(top.bytes, top.mediaType);
  const wanted = wantedEntries(list.manifests, which);
  note(session, `Copying ${wanted.length} images generated from ${list.manifests.length} images in list`);
  const copies = new Map<Descriptor, Descriptor>();
  for (const [index, entry] of wanted.entries()) {
    note(session, `Copying image ${entry.digest} (${index + 1}/${wanted.length})`);
    const manifest = await source.manifest(entry.digest);
    const copied = await copySingle(session, manifest, { instance: entry.digest, inList: true });
    copies.set(entry, editedEntry(entry, copied, fixed === undefined));
  }
  const kept = typeof which === 'object' && which.strip ? wanted : list.manifests;
  const entries = kept.map((entry) => copies.get(entry) ?? entry);
  const edited =
    entries.length !== list.manifests.length || entries.some((entry, index) => entry !== list.manifests[index]);
  if (edited && fixed !== undefined) {
    throw new ImageError('COPY_FAILED', `Manifest list was edited, but we cannot modify it: ${JSON.stringify(fixed)}`);
  }
  const result = await putList(session, plan, (type) =>
    edited || type !== top.mediaType ? rawManifest(Buffer.from(listText(list, entries, type)), type) : top,
  );
  note(session, 'Storing list signatures');
  if (signatures.length > 0) await destination.putSignatures?.(signatures);
  return result;
}

/** Throws IMAGE_NOT_FOUND for a platform that the list hasn't got. */
function wantedEntries(
  entries: readonly Descriptor[],
  which: 'all' | 'index-only' | SomePlatforms,
): readonly Descriptor[] {
  if (which === 'all') return entries;
  if (which === 'index-only') return [];
  const fits = ({ platform }: Descriptor, wanted: SomePlatforms['platforms'][number]) =>
    platform?.os === wanted.os && platform.architecture === wanted.architecture;
  for (const wanted of which.platforms) {
    if (entries.some((entry) => fits(entry, wanted))) continue;
    throw new ImageError('IMAGE_NOT_FOUND', `no instances found for platform ${wanted.os}/${wanted.architecture}`);
  }
  return entries.filter((entry) => which.platforms.some((wanted) => fits(entry, wanted)));
}

async function putList(
  session: CopySession,
  plan: readonly string[],
  make: (type: string) => RawManifest,
): Promise<RawManifest> {
  const failures: string[] = [];
  for (const type of plan) {
    const list = make(type);
    note(session, 'Writing manifest list to image destination');
    try {
      await session.destination.putManifest(list);
      tell(session, { type: 'manifest', digest: list.digest, mediaType: list.mediaType });
      return list;
    } catch (error) {
      if (!(error instanceof ImageError) || error.code !== 'MANIFEST_REJECTED') throw error;
      failures.push(`${type}(${error.message})`);
    }
  }
  throw new ImageError(
    'MANIFEST_REJECTED',
    `Uploading manifest list failed, attempted the following formats: ${failures.join(', ')}`,
  );
}
