/** Creating a container: its data, its layer in the store, its record. */
import { mkdirSync } from 'node:fs';
import type { ContainerConfig } from '@lighter/container/config';
import type { ContainerOptions } from '@lighter/container/options';
import { goTime } from '@lighter/spec/go-json';
import type { ImageConfig, ImageConfigParameters } from '@lighter/spec/oci-image';
import type { Image } from '@lighter/storage/store-types';
import { containerMetadata } from './container-metadata.ts';
import type { Engine } from './engine.ts';
import { EngineError } from './errors.ts';
import { checkName, randomName } from './names.ts';
import { Ownership } from './owner.ts';
import type { ContainerRecord } from './record.ts';

export interface CreateRequest {
  readonly name?: string;
  /** The image as the user named it, and as the store has it. */
  readonly image: { readonly requested: string; readonly image: Image };
  readonly options: ContainerOptions;
  readonly labels?: Readonly<Record<string, string>>;
  readonly createCommand: readonly string[];
  readonly cidFile?: string;
  readonly pidFile?: string;
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
  const { newContainerConfig } = await import('@lighter/container/new-config');
  const { cgroupManager, runtime, runtimeFlags } = engine.options;
  const { config, warnings } = await newContainerConfig(
    {
      id,
      name,
      image: { id: image.id, name: imageName, config: parameters },
      options: request.options,
      bundle: engine.paths.bundle(id),
      ...(runtime ? { runtime } : {}),
      ...(runtimeFlags ? { runtimeFlags } : {}),
      ...(cgroupManager ? { cgroupManager } : {}),
    },
    await engine.conf(),
  );
  const created = new Date();
  const record = recordOf(
    request,
    config,
    goTime(created, Number(process.hrtime.bigint() % 1_000_000n)),
    imageName,
    parameters,
  );
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
  return { record, owner, warnings };
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

async function imageParameters(engine: Engine, image: Image): Promise<ImageConfigParameters> {
  const key = image.items.find((item) => item === `sha256:${image.id}`);
  if (!key)
    throw new EngineError(
      'INVALID',
      `${image.names[0] ?? image.id} is no image that can be run: it has no configuration`,
    );
  const config = JSON.parse((await engine.store.imageItem(image.id, key)).toString()) as ImageConfig;
  return config.config ?? {};
}

function recordOf(
  request: CreateRequest,
  config: ContainerConfig,
  created: string,
  imageName: string,
  image: ImageConfigParameters,
): ContainerRecord {
  const { options, labels = {}, cidFile, pidFile, createCommand } = request;
  const entrypoint = options.entrypoint ?? image.Entrypoint ?? undefined;
  const command = options.command?.length ? options.command : options.entrypoint ? [] : (image.Cmd ?? []);
  const { digest } = request.image.image;
  return {
    id: config.id,
    name: config.name,
    config,
    created,
    createCommand,
    command,
    ...(entrypoint?.length ? { entrypoint } : {}),
    labels: { ...image.Labels, ...labels },
    image: { id: request.image.image.id, name: imageName, ...(digest ? { digest } : {}) },
    ...(cidFile ? { cidFile } : {}),
    ...(pidFile ? { pidFile } : {}),
    options,
    ...(image.ExposedPorts ? { exposedPorts: Object.keys(image.ExposedPorts).sort() } : {}),
  };
}
