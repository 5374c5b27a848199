/** Commits into the store: the changes are read once, straight into the new layer with its tar-split. */
import { digestOf } from '@lighter/image/raw-manifest';
import { digestHex } from '@lighter/spec/digest';
import { layerId } from '@lighter/storage/ids';
import type { Container, Store } from '@lighter/storage/store-types';
import type { BuilderState } from '../state/builder-state.ts';
import { baseLayers } from './base-layers.ts';
import type { CommitOptions, Committed } from './commit-options.ts';
import { compose } from './compose.ts';
import { newLayer } from './new-layer.ts';

/** `names` are given to the image, and taken from any other. */
export async function commitToStore(
  store: Store,
  container: Container,
  state: BuilderState,
  names: readonly string[],
  options: CommitOptions,
): Promise<Committed> {
  const { signal, squash = false, onEvent } = options;
  const base = squash ? [] : await baseLayers(store, container, signal);
  const changes = { stream: () => newLayer(store, container.id, options, signal) };
  await using staged = await store.stageLayer(changes, signal ? { signal } : {});
  const { diffDigest, diffSize } = staged;
  for (const { diffId, size } of base) onEvent?.({ type: 'blob-reused', digest: diffId, size, kind: 'layer' });
  onEvent?.({ type: 'blob-start', digest: diffDigest, size: diffSize, kind: 'layer' });
  onEvent?.({ type: 'blob-done', digest: diffDigest, size: diffSize });
  const layers = [...base, { diffId: diffDigest, size: diffSize, blob: changes }];
  const { created, config, reference } = compose(state, layers, options, new Date());
  const parent = base.at(-1)?.id;
  const layer = layerId(diffDigest, parent);
  await store.putLayers([{ id: layer, ...(parent === undefined ? {} : { parent }), staged }]);
  await using source = await reference.open({});
  const manifest = await source.manifest();
  const configBytes = Buffer.from(config);
  const imageId = digestHex(digestOf(configBytes));
  onEvent?.({ type: 'blob-start', digest: digestOf(configBytes), size: configBytes.length, kind: 'config' });
  await store.putImage({
    id: imageId,
    layer,
    created,
    digest: manifest.digest,
    metadata: '{}',
    items: [
      { key: digestOf(configBytes), data: configBytes },
      { key: `manifest-${manifest.digest}`, data: manifest.bytes, digest: manifest.digest },
      { key: 'manifest', data: manifest.bytes, digest: manifest.digest },
    ],
    addNames: names,
  });
  onEvent?.({ type: 'manifest', digest: manifest.digest, mediaType: manifest.mediaType });
  return { imageId, manifestDigest: manifest.digest };
}
