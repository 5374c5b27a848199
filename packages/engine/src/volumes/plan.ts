/** What a new container shall have mounted: volumes made, images looked up, patterns expanded, and what its starts have to prepare. */
import { existsSync, globSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { completeMount } from '@lighter/runtime/spec/mount-options';
import type { MountRequest } from '@lighter/runtime/spec/mount-request';
import type { UserMount } from '@lighter/runtime/spec/request';
import { randomId } from '@lighter/storage/ids';
import type { Engine } from '../engine.ts';
import { EngineError } from '../errors.ts';
import { obtainVolume } from './create.ts';
import { volumeData } from './paths.ts';
import type { MountPreparation } from './preparation.ts';
import type { ContainerVolume } from './record.ts';

/** What becomes of the folders that an image declares as volumes. */
export type ImageVolumeMode = 'anonymous' | 'tmpfs' | 'ignore';

export interface MountPlanRequest {
  readonly id: string;
  /** Of the flags: they win over everything else. */
  readonly requests: readonly MountRequest[];
  /** `CONTAINER[:options]`. */
  readonly volumesFrom: readonly string[];
  readonly imageVolumes: readonly string[];
  readonly imageVolumeMode: ImageVolumeMode;
  /** containers.conf `volumes` and `mounts`: they give way silently. */
  readonly defaults: readonly MountRequest[];
}

export interface MountPlan {
  readonly mounts: readonly UserMount[];
  readonly volumes: readonly ContainerVolume[];
  readonly preparations: readonly MountPreparation[];
}

/**
 * The caller holds the lock on volumes' users. `volumes` takes in those of the container, also when this fails: the ones that
 * were made for it belong to nobody then.
 */
export async function planMounts(
  engine: Engine,
  request: MountPlanRequest,
  volumes: ContainerVolume[],
): Promise<MountPlan> {
  const planner = new Planner(engine, request.id, volumes);
  for (const one of request.requests.flatMap(expand)) {
    if (planner.has(one.destination)) {
      throw new EngineError('INVALID', `${one.destination}: duplicate mount destination`);
    }
    await planner.add(one);
  }
  for (const text of request.volumesFrom) await planner.takeFrom(text);
  for (const destination of request.imageVolumes) {
    if (planner.has(destination) || request.imageVolumeMode === 'ignore') continue;
    await planner.add(imageVolume(destination, request.imageVolumeMode));
  }
  for (const one of request.defaults.flatMap(expand)) if (!planner.has(one.destination)) await planner.add(one);
  return planner;
}

const simple = { chown: false, noCopy: false, noCreate: false };

function imageVolume(destination: string, mode: 'anonymous' | 'tmpfs'): MountRequest {
  return mode === 'tmpfs'
    ? { ...simple, type: 'tmpfs', destination, options: ['rprivate', 'nosuid', 'nodev'] }
    : { ...simple, type: 'volume', destination, options: ['rprivate', 'rw', 'nodev', 'exec'] };
}

/** A pattern stands for a bind of each path it matches, below the destination. */
function expand(request: MountRequest): MountRequest[] {
  if (request.type !== 'glob') return [request];
  const paths = globSync(request.source ?? '').sort();
  if (paths.length === 0) {
    throw new EngineError('INVALID', `no file paths matching glob ${JSON.stringify(request.source)}`);
  }
  return paths.map((source) => ({
    ...request,
    type: 'bind',
    source,
    destination: `${request.destination.replace(/\/$/, '')}/${basename(source)}`,
  }));
}

class Planner implements MountPlan {
  readonly mounts: UserMount[] = [];
  readonly volumes: ContainerVolume[];
  readonly preparations: MountPreparation[] = [];
  readonly #engine: Engine;
  readonly #id: string;

  constructor(engine: Engine, id: string, volumes: ContainerVolume[]) {
    this.#engine = engine;
    this.#id = id;
    this.volumes = volumes;
  }

  has(destination: string): boolean {
    return this.mounts.some((mount) => mount.destination === destination);
  }

  async add(request: MountRequest): Promise<void> {
    switch (request.type) {
      case 'volume':
        return this.#addVolume(request);
      case 'image':
        return this.#addImage(request);
      case 'bind':
      case 'glob':
        if (!existsSync(request.source ?? '')) {
          throw new EngineError('INVALID', `statfs ${request.source}: no such file or directory`);
        }
        return this.#addSource(request, request.source ?? '');
      default:
        this.mounts.push(completeMount(request));
    }
  }

  async #addVolume(request: MountRequest): Promise<void> {
    const { source, destination } = request;
    const name = source ?? randomId();
    const there = await this.#engine.volumes.byName(name);
    if (!there && request.noCreate) {
      throw new EngineError('VOLUME_UNKNOWN', `no volume with name "${name}" found: no such volume`);
    }
    await obtainVolume(this.#engine, {
      name,
      ...(source === undefined ? { anonymous: true, container: this.#id } : {}),
    });
    this.volumes.push({
      name,
      destination,
      anonymous: source === undefined,
      options: request.options,
      ...(request.subpath === undefined ? {} : { subpath: request.subpath }),
    });
    this.preparations.push({ kind: 'volume', name, destination, copyUp: !request.noCopy && !request.overlay });
    await this.#addSource(request, await volumeData(this.#engine, name));
  }

  async #addImage(request: MountRequest): Promise<void> {
    const { findLocalImage } = await import('@lighter/image/local-images');
    const image = await findLocalImage(this.#engine.store, request.source ?? '');
    if (!image.layer) throw new EngineError('INVALID', `image ${request.source} has no layers`);
    const isWritable = request.options.includes('rw');
    const target = this.#prepared('image');
    this.preparations.push({ kind: 'image', layer: image.layer, target });
    // What is written goes with the container's run.
    const options = isWritable ? [] : [...new Set([...request.options, 'ro'])];
    await this.#addSource({ ...request, options, ...(isWritable ? { overlay: {} } : {}) }, target, true);
  }

  /** `isFuture`: it comes to be at the start. */
  async #addSource(request: MountRequest, from: string, isFuture = false): Promise<void> {
    let source = from;
    if (request.subpath !== undefined) {
      const target = this.#prepared('subpath');
      this.preparations.push({ kind: 'subpath', root: source, path: request.subpath, target });
      source = target;
    }
    if (request.chown) this.preparations.push({ kind: 'chown', path: source });
    if (request.overlay) {
      if (!isFuture && !statSync(from).isDirectory()) {
        throw new EngineError('INVALID', `${from}: only directories can be mounted with the option O`);
      }
      const target = this.#prepared('overlay');
      this.preparations.push({ kind: 'overlay', source, target, ...request.overlay });
      source = target;
    }
    if (request.idMap !== undefined) {
      const target = this.#prepared('idmap');
      this.preparations.push({ kind: 'idmap', source, target, map: request.idMap });
      source = target;
    }
    // A bind's defaults are those of what is there already.
    this.mounts.push({ ...completeMount(request, request.type === 'bind' ? from : source), source });
  }

  /** Below the container's own folder; removed with all that is mounted there when its run ends. */
  #prepared(kind: string): string {
    return `${this.#engine.paths.bundle(this.#id)}/mounts/${this.preparations.length}-${kind}`;
  }

  /** All binds and volumes of another container, wherever nothing else is. */
  async takeFrom(text: string): Promise<void> {
    const [name = '', ...rest] = text.split(':');
    const options = rest.join(':').split(',').filter(Boolean);
    const wrong = options.find((option) => !['ro', 'rw', 'z', 'Z'].includes(option));
    if (wrong !== undefined) {
      throw new EngineError(
        'INVALID',
        `invalid options ${JSON.stringify(wrong)}, can only specify 'ro', 'rw', and 'z'`,
      );
    }
    const { record } = await this.#engine.containers.get(name);
    const access = options.find((option) => option === 'ro' || option === 'rw');
    const withAccess = (old: readonly string[]) =>
      access === undefined ? old : [...old.filter((option) => option !== 'ro' && option !== 'rw'), access];
    for (const volume of record.volumes ?? []) {
      if (this.has(volume.destination)) continue;
      await this.add({
        ...simple,
        type: 'volume',
        source: volume.name,
        destination: volume.destination,
        options: withAccess(volume.options),
        ...(volume.subpath === undefined ? {} : { subpath: volume.subpath }),
      });
    }
    for (const mount of record.options.mounts ?? []) {
      const own = mount.source?.startsWith(`${this.#engine.paths.bundle(record.id)}/`);
      if (mount.type !== 'bind' || own || this.has(mount.destination)) continue;
      this.mounts.push({ ...mount, options: withAccess(mount.options) });
    }
  }
}
