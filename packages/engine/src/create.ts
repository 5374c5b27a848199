/** Creating a container: its data, its layer in the store, its record. */
import { mkdirSync } from 'node:fs';
import type { ContainerConfig } from '@lighter/container/config';
import type { ContainerOptions } from '@lighter/container/options';
import { goTime } from '@lighter/spec/go-json';
import type { ImageConfigParameters } from '@lighter/spec/oci-image';
import type { Image } from '@lighter/storage/store-types';
import { containerMetadata } from './container-metadata.ts';
import type { Engine } from './engine.ts';
import { EngineError } from './errors.ts';
import { commandOf, exposedPorts, imageParameters, publishedToo } from './image-command.ts';
import { checkName, randomName } from './names.ts';
import { Ownership } from './owner.ts';
import type { ContainerRecord } from './record.ts';

export interface CreateRequest {
  readonly name?: string;
  /** The image as the user named it, and as the store has it. */
  readonly image: { readonly requested: string; readonly image: Image };
  readonly options: ContainerOptions;
  readonly labels?: Readonly<Record<string, string>>;
  /** `80`, `53/udp`, `8000-8010`. */
  readonly expose?: readonly string[];
  readonly publishAll?: boolean;
  /** `--image-volume`: `tmpfs` mounts one on each of the image's volumes. Default: they are folders like any other. */
  readonly imageVolumes?: 'ignore' | 'tmpfs';
  /** `--rmi`: with the container goes its image. */
  readonly removeImage?: boolean;
  readonly createCommand: readonly string[];
  readonly cidFile?: string;
  readonly pidFile?: string;
  readonly conmonPidFile?: string;
}

/** A container that exists and that we look after until it is started or left. */
export interface Created {
  readonly record: ContainerRecord;
  readonly owner: Ownership;
  readonly warnings: readonly string[];
}

/** A container that doesn't exist yet: its id is settled, and its owner's lock held, before anything can be left behind. */
export interface Begun {
  readonly id: string;
  readonly owner: Ownership;
}

/** `id`: of `randomId()`, told to the watcher before. */
export function beginCreation(engine: Engine, id: string): Begun {
  const owner = Ownership.claim(engine.paths.owner(id));
  if (!owner) throw new EngineError('INVALID', `container ${id} is being made by somebody else`);
  return { id, owner };
}

/** Makes it in the store and records it; nothing of it is left when that fails. */
export async function createContainer(engine: Engine, { id, owner }: Begun, request: CreateRequest): Promise<Created> {
  const name = await chooseName(engine, request.name);
  const { image } = request.image;
  const parameters = await imageParameters(engine, image);
  const imageName = image.names[0] ?? request.image.requested;
  const exposed = exposedPorts(parameters, request.expose ?? []);
  const options = await completeOptions(request, parameters, exposed);
  const { newContainerConfig } = await import('@lighter/container/new-config');
  const { cgroupManager, runtime, runtimeFlags } = engine.options;
  const { config, warnings } = await newContainerConfig(
    {
      id,
      name,
      image: { id: image.id, name: imageName, config: parameters },
      options,
      bundle: engine.paths.bundle(id),
      ...(runtime ? { runtime } : {}),
      ...(runtimeFlags ? { runtimeFlags } : {}),
      ...(cgroupManager ? { cgroupManager } : {}),
    },
    await engine.conf(),
  );
  const created = new Date();
  const record = recordOf({ request, options, config, exposed, imageName, parameters }, created);
  await storeContainer(engine, record, created);
  try {
    mkdirSync(engine.paths.bundle(id), { recursive: true, mode: 0o700 });
    mkdirSync(engine.paths.containerRun(id), { recursive: true, mode: 0o700 });
    mkdirSync(engine.paths.exits, { recursive: true, mode: 0o750 });
    await engine.containers.add(record);
  } catch (error) {
    await engine.store.deleteContainer(id);
    throw error;
  }
  return { record, owner, warnings: [...warnings, ...volumeWarnings(request, parameters)] };
}

/** With what depends on the image: ports to publish, mounts instead of its volumes. */
async function completeOptions(
  { options, publishAll, imageVolumes }: CreateRequest,
  image: ImageConfigParameters,
  exposed: readonly string[],
): Promise<ContainerOptions> {
  const mounted = new Set(options.mounts?.map(({ destination }) => destination));
  const volumes = imageVolumes === 'tmpfs' ? Object.keys(image.Volumes ?? {}).filter((path) => !mounted.has(path)) : [];
  const mounts = volumes.map((destination) => ({
    type: 'tmpfs' as const,
    destination,
    options: ['rprivate', 'nosuid', 'nodev', 'tmpcopyup'],
  }));
  const { network } = options;
  let ports = network.mode === 'bridge' ? network.ports : [];
  if (publishAll) ports = [...ports, ...publishedToo(exposed, ports)];
  if (ports.some(({ hostPort }) => hostPort === 0)) {
    const { chooseHostPorts } = await import('./ports.ts');
    ports = await chooseHostPorts(ports);
  }
  return {
    ...options,
    ...(mounts.length > 0 ? { mounts: [...(options.mounts ?? []), ...mounts] } : {}),
    ...(network.mode === 'bridge' ? { network: { ...network, ports } } : {}),
  };
}

function volumeWarnings({ options, imageVolumes }: CreateRequest, image: ImageConfigParameters): string[] {
  if (imageVolumes !== undefined) return [];
  const mounted = new Set(options.mounts?.map(({ destination }) => destination));
  return Object.keys(image.Volumes ?? {})
    .filter((path) => !mounted.has(path))
    .map(
      (path) =>
        `the image wants a volume at ${path}: its data is kept in the container and goes with it, as volumes are not built yet`,
    );
}

async function chooseName(engine: Engine, wanted: string | undefined): Promise<string> {
  if (wanted !== undefined) return checkName(wanted);
  const taken = (await engine.store.containers()).flatMap(({ names }) => names);
  return randomName(new Set(taken));
}

async function storeContainer(
  engine: Engine,
  { id, name, config, image }: ContainerRecord,
  created: Date,
): Promise<void> {
  try {
    await engine.store.createContainer({
      id,
      names: [name],
      ...(image ? { image: image.id } : {}),
      volatile: config.autoRemove,
      metadata: containerMetadata(name, image, created),
    });
  } catch (error) {
    if ((error as { code?: string }).code !== 'NAME_IN_USE') throw error;
    const hint = ', or use --replace to instruct Podman to do so.';
    throw new EngineError('NAME_IN_USE', `creating container storage: ${(error as Error).message}${hint}`, {
      cause: error,
    });
  }
}

interface RecordParts {
  readonly request: CreateRequest;
  readonly options: ContainerOptions;
  readonly config: ContainerConfig;
  readonly exposed: readonly string[];
  readonly imageName: string;
  readonly parameters: ImageConfigParameters;
}

function recordOf(parts: RecordParts, created: Date): ContainerRecord {
  const { request, options, config, exposed, imageName, parameters } = parts;
  const { cidFile, pidFile, conmonPidFile, removeImage } = request;
  const { id, digest } = request.image.image;
  return {
    id: config.id,
    name: config.name,
    config,
    options,
    created: goTime(created, Number(process.hrtime.bigint() % 1_000_000n)),
    createCommand: request.createCommand,
    ...commandOf(options, parameters),
    labels: { ...parameters.Labels, ...request.labels },
    image: { id, name: imageName, ...(digest ? { digest } : {}) },
    ...(exposed.length > 0 ? { exposedPorts: exposed } : {}),
    ...(cidFile ? { cidFile } : {}),
    ...(pidFile ? { pidFile } : {}),
    ...(conmonPidFile ? { conmonPidFile } : {}),
    ...(removeImage ? { removeImage } : {}),
  };
}
