/** Whether a store is consistent: its records, its files and what other tools would find in it. */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { openStore } from '@lighter/storage/open';
import type { StorePaths } from './peers.ts';
import { mountsBelow } from './scratch.ts';

interface RawLayer {
  readonly id: string;
  readonly parent?: string;
  readonly 'diff-digest'?: string;
  readonly flags?: { readonly incomplete?: boolean };
}

interface RawImage {
  readonly id: string;
  readonly layer?: string;
  readonly names?: readonly string[];
  readonly 'big-data-names'?: readonly string[];
  readonly 'big-data-sizes'?: Readonly<Record<string, number>>;
}

export interface StoreCheckOptions {
  /** Containers may be mounted. Default: nothing is. */
  readonly mounted?: boolean;
  /** A process was killed: layers that nothing needs and one temporary file for each file are fine. */
  readonly crashed?: boolean;
}

/** Everything that is wrong with a store, in words; an empty list is a sound store. */
export async function storeProblems(store: StorePaths, options: StoreCheckOptions = {}): Promise<string[]> {
  const problems: string[] = [];
  const read = <T>(path: string): T[] => {
    try {
      return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8') || '[]') as T[]) : [];
    } catch (error) {
      problems.push(`${path}: ${(error as Error).message}`);
      return [];
    }
  };
  const metadata = (kind: string) => `${store.root}/overlay-${kind}`;
  const layers = [
    ...read<RawLayer>(`${metadata('layers')}/layers.json`),
    ...read<RawLayer>(`${metadata('layers')}/volatile-layers.json`),
  ];
  const images = read<RawImage>(`${metadata('images')}/images.json`);
  const containers = [
    ...read<{ id: string; layer: string }>(`${metadata('containers')}/containers.json`),
    ...read<{ id: string; layer: string }>(`${metadata('containers')}/volatile-containers.json`),
  ];
  problems.push(
    ...chainProblems(layers, images, containers, options.crashed ?? false),
    ...layers.flatMap((layer) => overlayProblems(store, layer, layers)),
    ...images.flatMap((image) => imageProblems(`${metadata('images')}/${image.id}`, image)),
    ...strayProblems(store, new Set(layers.map((layer) => layer.id)), options.crashed ?? false),
    ...(await contentProblems(store, layers)),
  );
  const names = images.flatMap((image) => image.names ?? []);
  if (new Set(names).size !== names.length) problems.push(`a name belongs to two images: ${names.join(' ')}`);
  if (!options.mounted) {
    for (const point of mountsBelow(`${store.root}/overlay`))
      if (point.endsWith('/merged')) problems.push(`${point} is mounted`);
    for (const { id } of read<{ id: string }>(`${store.runroot}/overlay-layers/mountpoints.json`))
      problems.push(`layer ${id} is counted as mounted`);
  }
  return problems;
}

function chainProblems(
  layers: readonly RawLayer[],
  images: readonly RawImage[],
  containers: readonly { id: string; layer: string }[],
  unreferenced: boolean,
): string[] {
  const problems: string[] = [];
  const ids = new Set(layers.map((layer) => layer.id));
  if (ids.size !== layers.length) problems.push('a layer has two records');
  for (const { id, parent, flags } of layers) {
    if (flags?.incomplete) problems.push(`layer ${id} is incomplete`);
    if (parent && !ids.has(parent)) problems.push(`layer ${id}: parent ${parent} is missing`);
  }
  for (const { id, layer } of images) if (layer && !ids.has(layer)) problems.push(`image ${id}: layer is missing`);
  for (const { id, layer } of containers) if (!ids.has(layer)) problems.push(`container ${id}: layer is missing`);
  const needed = new Set([...layers.map((layer) => layer.parent), ...images.map((image) => image.layer)]);
  for (const { layer } of containers) needed.add(layer);
  if (!unreferenced) for (const id of ids) if (!needed.has(id)) problems.push(`layer ${id} is needed by nothing`);
  return problems;
}

function overlayProblems({ root }: StorePaths, layer: RawLayer, layers: readonly RawLayer[]): string[] {
  const directory = `${root}/overlay/${layer.id}`;
  if (!existsSync(`${directory}/diff`)) return [`layer ${layer.id} has no diff`];
  const problems: string[] = [];
  const text = (name: string) =>
    existsSync(`${directory}/${name}`) ? readFileSync(`${directory}/${name}`, 'utf8') : '';
  const target = (link: string) =>
    lstatSync(`${root}/overlay/${link}`, { throwIfNoEntry: false })
      ? readlinkSync(`${root}/overlay/${link}`)
      : 'nothing';
  if (target(`l/${text('link')}`) !== `../${layer.id}/diff`) problems.push(`layer ${layer.id}: its link is wrong`);
  const parents: string[] = [];
  for (let { parent } = layer; parent && parents.length <= layers.length; ) {
    parents.push(parent);
    parent = layers.find((one) => one.id === parent)?.parent;
  }
  const lower = text('lower').split(':').filter(Boolean).map(target);
  if (lower.join() !== parents.map((id) => `../${id}/diff`).join()) problems.push(`layer ${layer.id}: lower is wrong`);
  // Older tools don't write it.
  const lowerLayers = text('lower-layers');
  if (lowerLayers !== '' && lowerLayers !== parents.join(':'))
    problems.push(`layer ${layer.id}: lower-layers is wrong`);
  return problems;
}

function imageProblems(directory: string, image: RawImage): string[] {
  return (image['big-data-names'] ?? []).flatMap((key) => {
    const name = /^[0-9a-z.]+$/.test(key) ? key : `=${Buffer.from(key).toString('base64')}`;
    const size = lstatSync(`${directory}/${name}`, { throwIfNoEntry: false })?.size;
    return size === image['big-data-sizes']?.[key] ? [] : [`image ${image.id}: item ${key} has ${size} bytes`];
  });
}

/** Files and folders that no record explains. */
function strayProblems({ root, runroot }: StorePaths, layers: ReadonlySet<string>, crashed: boolean): string[] {
  const list = (path: string) => (existsSync(path) ? readdirSync(path) : []);
  const strays = [
    ...list(`${root}/overlay`).filter((name) => /^[0-9a-f]{64}$/.test(name) && !layers.has(name)),
    ...list(`${root}/overlay/tempdirs`),
    ...list(`${root}/overlay-layers/tmp`),
    ...list(`${root}/overlay-layers`).filter(
      (name) => name.endsWith('.tar-split.gz') && !layers.has(name.slice(0, 64)),
    ),
  ];
  for (const folder of [root, runroot])
    for (const kind of ['layers', 'images', 'containers'])
      strays.push(
        ...list(`${folder}/overlay-${kind}`).filter(
          (name) => name.startsWith('.tmp-') && !(crashed && name.endsWith('.json0')),
        ),
      );
  const dangling = list(`${root}/overlay/l`).filter((name) => !existsSync(`${root}/overlay/l/${name}`));
  return [...strays.map((name) => `stray ${name}`), ...dangling.map((name) => `link ${name} leads nowhere`)];
}

async function contentProblems(paths: StorePaths, layers: readonly RawLayer[]): Promise<string[]> {
  const problems: string[] = [];
  await using store = await openStore({ root: paths.root, runRoot: paths.runroot });
  for (const layer of layers) {
    if (!layer['diff-digest']) continue;
    const hash = createHash('sha256');
    try {
      for await (const chunk of store.layerTar(layer.id)) hash.update(chunk);
      const digest = `sha256:${hash.digest('hex')}`;
      if (digest !== layer['diff-digest']) problems.push(`layer ${layer.id} exports as ${digest}`);
    } catch (error) {
      problems.push(`layer ${layer.id} can't be exported: ${(error as Error).message}`);
    }
  }
  return problems;
}
