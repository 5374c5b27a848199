/**
 * Commits to a registry, layout or folder without touching the store. The new layer waits in a temporary file, as the
 * configuration, which has its digest, goes with it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { WorkerPool } from '@lighter/archive/extract/worker-pool';
import { copyImage } from '@lighter/image/copy/copy-image';
import { digestOf } from '@lighter/image/raw-manifest';
import type { ImageContext, ImageReference } from '@lighter/image/types';
import { digestHex, parseDigest } from '@lighter/spec/digest';
import type { Container, Store } from '@lighter/storage/store-types';
import type { BuilderState } from '../state/builder-state.ts';
import { baseLayers } from './base-layers.ts';
import type { CommitOptions, Committed } from './commit-options.ts';
import { compose } from './compose.ts';
import { newLayer } from './new-layer.ts';

export async function commitElsewhere(
  store: Store,
  container: Container,
  state: BuilderState,
  to: { readonly reference: ImageReference; readonly context: ImageContext },
  options: CommitOptions,
): Promise<Committed> {
  const { squash, signal, onEvent } = options;
  const aborting = signal ? { signal } : {};
  const base = squash ? [] : await baseLayers(store, container, signal);
  await using pool = new WorkerPool();
  using directory = temporaryDirectory();
  const path = `${directory.path}/layer.tar`;
  const { digest, size } = await pool.download(
    { stream: () => newLayer(store, container.id, options, signal) },
    { path, sync: false },
    aborting,
  );
  const recipe = { kind: 'file' as const, path, length: size };
  const blob = {
    size,
    recipe,
    async *stream(aborted?: AbortSignal) {
      const { openRecipe } = await import('@lighter/archive/recipe');
      yield* openRecipe(recipe, aborted);
    },
  };
  const layers = [...base, { diffId: parseDigest(digest), size, blob }];
  const { config, reference } = compose(state, layers, options, new Date());
  const manifest = await copyImage(reference, to.reference, {
    destinationContext: to.context,
    ...aborting,
    ...(onEvent ? { onEvent } : {}),
  });
  return { imageId: digestHex(digestOf(Buffer.from(config))), manifestDigest: manifest.digest };
}

function temporaryDirectory(): Disposable & { readonly path: string } {
  const path = mkdtempSync(`${process.env['TMPDIR'] || '/var/tmp'}/lighter-commit-`);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
