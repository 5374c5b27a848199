/** Creating a container: its data, its layer in the store, its record. */
import { mkdirSync } from 'node:fs';
import type { ContainerConfig, ContainerNetwork } from '@lighter/container/config';
import type { ContainerOptions } from '@lighter/container/options';
import type { MountRequest } from '@lighter/runtime/spec/mount-request';
import type { UserMount } from '@lighter/runtime/spec/request';
import { goTime } from '@lighter/spec/go-json';
import type { ImageConfigParameters } from '@lighter/spec/oci-image';
import type { IdMapping } from '@lighter/spec/runtime';
import type { CreateContainer, Image } from '@lighter/storage/store-types';
import { containerMetadata } from './container-metadata.ts';
import { resolveDependencies } from './dependencies.ts';
import type { Engine } from './engine.ts';
import { EngineError } from './errors.ts';
import { commandOf, exposedPorts, imageParameters, publishedToo } from './image-command.ts';
import { checkName, randomName } from './names.ts';
import { Ownership } from './owner.ts';
import type { ContainerRecord } from './record.ts';
import type { ContainerSecret } from './secrets/record.ts';
import { onHost } from './user-ids.ts';
import type { UserNamespaceRequest } from './userns/choose.ts';
import type { ImageVolumeMode, MountPlan, MountPlanRequest } from './volumes/plan.ts';
import type { MountPreparation } from './volumes/preparation.ts';
import type { ContainerVolume } from './volumes/record.ts';

export interface CreateRequest {
  readonly name?: string;
  /** The image as the user named it, and as the store has it; none with a root file system of the user's own. */
  readonly image?: { readonly requested: string; readonly image: Image };
  /** `--rootfs`: a folder, or a copy-on-write view of it. */
  readonly rootfs?: { readonly path: string; readonly overlay: boolean };
  readonly options: ContainerOptions;
  readonly labels?: Readonly<Record<string, string>>;
  /** `80`, `53/udp`, `8000-8010`. */
  readonly expose?: readonly string[];
  readonly publishAll?: boolean;
  /** Of `--volume`, `--mount` and `--tmpfs`. */
  readonly mounts?: readonly MountRequest[];
  /** `--volumes-from`: `CONTAINER[:options]`. */
  readonly volumesFrom?: readonly string[];
  /** `--image-volume`. Default: containers.conf `image_volume_mode`. */
  readonly imageVolumes?: ImageVolumeMode;
  /** `--rmi`: with the container goes its image. */
  readonly removeImage?: boolean;
  /** `--userns` and maps; default: containers.conf `userns`. */
  readonly userNamespace?: UserNamespaceRequest;
  /** `--requires`. */
  readonly requires?: readonly string[];
  /** `--secret`. */
  readonly secrets?: readonly string[];
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
export async function createContainer(engine: Engine, begun: Begun, request: CreateRequest): Promise<Created> {
  const parameters = request.image ? await imageParameters(engine, request.image.image) : {};
  const wanted = await mountPlanRequest(engine, begun.id, request, parameters);
  if (!wanted) return makeContainer(engine, begun, request, parameters);
  const { withVolumeUsers } = await import('./volumes/lock.ts');
  const { planMounts } = await import('./volumes/plan.ts');
  const made: ContainerVolume[] = [];
  try {
    return await withVolumeUsers(engine, 'making', async () =>
      makeContainer(engine, begun, request, parameters, await planMounts(engine, wanted, made)),
    );
  } catch (error) {
    await (await import('./volumes/remove.ts')).removeAnonymousVolumes(engine, made);
    throw error;
  }
}

/** undefined: nothing is to be mounted but what every container has. */
async function mountPlanRequest(
  engine: Engine,
  id: string,
  { mounts = [], volumesFrom = [], imageVolumes }: CreateRequest,
  image: ImageConfigParameters,
): Promise<MountPlanRequest | undefined> {
  const { containers, engine: settings } = await engine.conf();
  const folders = Object.keys(image.Volumes ?? {});
  const asked = mounts.length + volumesFrom.length + folders.length;
  if (asked + containers.volumes.length + containers.mounts.length === 0) return undefined;
  const { parseMount, parseVolume } = await import('@lighter/runtime/spec/mount-request');
  return {
    id,
    requests: mounts,
    volumesFrom,
    imageVolumes: folders,
    imageVolumeMode: imageVolumes ?? imageVolumeMode(settings.image_volume_mode),
    defaults: [
      ...containers.volumes.map((text) => parseVolume(text)),
      ...containers.mounts.map((text) => parseMount(text)),
    ],
  };
}

/** `bind` is an older name of `anonymous`. */
export function imageVolumeMode(text: string): ImageVolumeMode {
  if (text === 'bind') return 'anonymous';
  if (text === 'anonymous' || text === 'tmpfs' || text === 'ignore') return text;
  throw new EngineError('INVALID', `invalid image volume mode ${JSON.stringify(text)}: invalid argument`);
}

async function makeContainer(
  engine: Engine,
  { id, owner }: Begun,
  request: CreateRequest,
  parameters: ImageConfigParameters,
  plan?: MountPlan,
): Promise<Created> {
  const name = await chooseName(engine, request.name);
  const image = request.image && {
    id: request.image.image.id,
    name: request.image.image.names[0] ?? request.image.requested,
  };
  const exposed = exposedPorts(parameters, request.expose ?? []);
  const secrets = request.secrets?.length
    ? await (await import('./secrets/use.ts')).resolveSecrets(engine, request.secrets)
    : undefined;
  const mounts = [
    ...(plan?.mounts ?? []),
    ...(secrets ? (await import('./secrets/use.ts')).secretMounts(engine.paths.bundle(id), secrets) : []),
  ];
  const { options, dependencies } = await resolveDependencies(
    engine,
    await withUserNamespace(engine, request, await completeOptions(request, mounts, exposed)),
    request.requires ?? [],
  );
  const { newContainerConfig } = await import('@lighter/container/new-config');
  const { cgroupManager, runtime, runtimeFlags } = engine.options;
  const { config, warnings } = await newContainerConfig(
    {
      id,
      name,
      ...(image ? { image: { ...image, config: parameters } } : {}),
      options,
      bundle: engine.paths.bundle(id),
      ...(runtime ? { runtime } : {}),
      ...(runtimeFlags ? { runtimeFlags } : {}),
      ...(cgroupManager ? { cgroupManager } : {}),
    },
    await engine.conf(),
  );
  const created = new Date();
  const record = recordOf(
    {
      request,
      options,
      config,
      exposed,
      image,
      parameters,
      plan,
      secrets,
      dependencies,
      bundle: engine.paths.bundle(id),
    },
    created,
  );
  await storeContainer(engine, record, created);
  try {
    if (config.spec.linux?.uidMappings && !request.rootfs) {
      await (await import('./userns/rootfs.ts')).shiftRootfs(engine, id, config.spec.linux);
    }
    mkdirSync(engine.paths.bundle(id), { recursive: true, mode: 0o700 });
    mkdirSync(engine.paths.containerRun(id), { recursive: true, mode: 0o700 });
    mkdirSync(engine.paths.exits, { recursive: true, mode: 0o750 });
    if (secrets) {
      const { uidMappings, gidMappings } = config.spec.linux ?? {};
      await (await import('./secrets/use.ts')).writeSecretFiles(engine, engine.paths.bundle(id), secrets, (own, kind) =>
        onHost(own, kind === 'uid' ? uidMappings : gidMappings),
      );
    }
    await engine.containers.add(record);
  } catch (error) {
    await engine.store.deleteContainer(id);
    throw error;
  }
  return { record, owner, warnings };
}

/** With what depends on the image: ports to publish, mounts on its volumes. */
async function completeOptions(
  { options, publishAll }: CreateRequest,
  mounts: readonly UserMount[],
  exposed: readonly string[],
): Promise<ContainerOptions> {
  const { network } = options;
  let ports = hasPorts(network) ? network.ports : [];
  if (publishAll) ports = [...ports, ...publishedToo(exposed, ports)];
  if (ports.some(({ hostPort }) => hostPort === 0)) {
    const { chooseHostPorts } = await import('./ports.ts');
    ports = await chooseHostPorts(ports);
  }
  return {
    ...options,
    ...(mounts.length > 0 ? { mounts: [...(options.mounts ?? []), ...mounts] } : {}),
    ...(hasPorts(network) ? { network: { ...network, ports } } : {}),
  };
}

function hasPorts(network: ContainerNetwork): network is Extract<ContainerNetwork, { ports: unknown }> {
  return network.mode === 'bridge' || network.mode === 'user';
}

async function chooseName(engine: Engine, wanted: string | undefined): Promise<string> {
  if (wanted !== undefined) return checkName(wanted);
  const taken = (await engine.store.containers()).flatMap(({ names }) => names);
  return randomName(new Set(taken));
}

async function withUserNamespace(
  engine: Engine,
  { userNamespace, image }: CreateRequest,
  options: ContainerOptions,
): Promise<ContainerOptions> {
  const mode = userNamespace?.mode || process.env['PODMAN_USERNS'] || (await engine.conf()).containers.userns;
  const asked = {
    uidMap: [],
    gidMap: [],
    ...userNamespace,
    mode: userNamespace?.uidMap.length ? (userNamespace.mode ?? '') : mode,
  };
  if (['', 'host'].includes(mode) && userNamespace === undefined) return options;
  const { chooseUserNamespace } = await import('./userns/choose.ts');
  const { userns, user } = await chooseUserNamespace(engine, image?.image, asked);
  return {
    ...options,
    ...(userns ? { userns } : {}),
    ...(user !== undefined && options.user === undefined ? { user } : {}),
  };
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
      ...idMaps(config),
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

/** The store's records say which ids are taken. */
function idMaps({ spec }: ContainerConfig): Pick<CreateContainer, 'uidMap' | 'gidMap'> {
  const stored = (map: readonly IdMapping[]) =>
    map.map(({ containerID, hostID, size }) => ({ containerId: containerID, hostId: hostID, size }));
  const { uidMappings, gidMappings } = spec.linux ?? {};
  return {
    ...(uidMappings ? { uidMap: stored(uidMappings) } : {}),
    ...(gidMappings ? { gidMap: stored(gidMappings) } : {}),
  };
}

interface RecordParts {
  readonly request: CreateRequest;
  readonly options: ContainerOptions;
  readonly config: ContainerConfig;
  readonly exposed: readonly string[];
  readonly image: { readonly id: string; readonly name: string } | undefined;
  readonly parameters: ImageConfigParameters;
  readonly plan: MountPlan | undefined;
  readonly secrets: readonly ContainerSecret[] | undefined;
  readonly dependencies: readonly string[];
  readonly bundle: string;
}

/** The user's folder stays as it is where only a view of it is asked for. */
function rootfsOf({ request, plan, bundle }: RecordParts): {
  readonly rootfs?: NonNullable<ContainerRecord['rootfs']>;
  readonly preparations: readonly MountPreparation[];
} {
  const planned = plan?.preparations ?? [];
  const { rootfs } = request;
  if (!rootfs) return { preparations: planned };
  if (!rootfs.overlay) return { rootfs: { source: rootfs.path, path: rootfs.path }, preparations: planned };
  const target = `${bundle}/mounts/rootfs`;
  const view = { kind: 'overlay', source: rootfs.path, target } as const;
  return { rootfs: { source: rootfs.path, path: target }, preparations: [...planned, view] };
}

function recordOf(parts: RecordParts, created: Date): ContainerRecord {
  const { request, options, config, exposed, image, parameters, plan, secrets, dependencies } = parts;
  const { cidFile, pidFile, conmonPidFile, removeImage } = request;
  const { rootfs, preparations } = rootfsOf(parts);
  const digest = request.image?.image.digest;
  return {
    id: config.id,
    name: config.name,
    config,
    options,
    created: goTime(created, Number(process.hrtime.bigint() % 1_000_000n)),
    createCommand: request.createCommand,
    ...commandOf(options, parameters),
    labels: { ...parameters.Labels, ...request.labels },
    ...(image ? { image: { ...image, ...(digest ? { digest } : {}) } } : {}),
    ...(rootfs ? { rootfs } : {}),
    ...(exposed.length > 0 ? { exposedPorts: exposed } : {}),
    ...(cidFile ? { cidFile } : {}),
    ...(pidFile ? { pidFile } : {}),
    ...(conmonPidFile ? { conmonPidFile } : {}),
    ...(removeImage ? { removeImage } : {}),
    ...(dependencies.length > 0 ? { dependencies } : {}),
    ...(secrets ? { secrets } : {}),
    ...(plan?.volumes.length ? { volumes: plan.volumes } : {}),
    ...(preparations.length > 0 ? { preparations } : {}),
  };
}
