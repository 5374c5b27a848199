/** What `skopeo inspect` shows of an image. */
import { log } from '@lighter/cli/log';
import { ociConfigText } from '@lighter/image/manifest/config';
import { isRunnable, notAnImage } from '@lighter/image/manifest/edit';
import { digestOf, rawManifest } from '@lighter/image/raw-manifest';
import { DockerReference } from '@lighter/image/transports/docker/reference';
import type { ImageContext, ImageReference, ImageSource } from '@lighter/image/types';
import type { Descriptor } from '@lighter/spec/blob';
import { isListType, isSchema1Type, parseIndex, parseManifest } from '@lighter/spec/manifest';
import type { ImageConfig, RawManifest } from '@lighter/spec/oci-image';
import { chooseInstance, describeWanted } from '@lighter/spec/platform';
import { parseReference, repositoryName } from '@lighter/spec/reference';

export interface InspectOptions {
  readonly config: boolean;
  readonly raw: boolean;
  readonly tags: boolean;
  /** Algorithm of the manifest's digest; default: sha256. */
  readonly algorithm?: string;
}

/** Bytes for `--raw`, else an object for JSON or a template. */
export async function inspectImage(
  reference: ImageReference,
  context: ImageContext,
  options: InspectOptions,
): Promise<Uint8Array | object> {
  await using source = await reference.open(context);
  const top = await source.manifest();
  if (options.raw && !options.config) return top.bytes;
  const manifest = isListType(top.mediaType) ? await chosen(source, top, context) : top;
  if (isSchema1Type(manifest.mediaType)) return inspectSchema1(reference, manifest, top, context, options);
  const parsed = parseManifest(manifest.bytes, manifest.mediaType);
  if (!isRunnable(parsed)) throw notAnImage(parsed);
  const config = await readAll(source, parsed.config, context.signal);
  if (options.raw) return config;
  const parsedConfig = JSON.parse(config.toString()) as ImageConfig & { docker_version?: string };
  if (options.config) return templateView(parsedConfig);
  return {
    ...nameOf(reference),
    Digest: options.algorithm === undefined ? top.digest : digestOf(top.bytes, options.algorithm),
    RepoTags: options.tags ? await tagsOf(reference, context) : [],
    Created: parsedConfig.created ?? null,
    DockerVersion: parsedConfig.docker_version ?? '',
    Labels: parsedConfig.config?.Labels ?? null,
    Architecture: parsedConfig.architecture,
    Os: parsedConfig.os,
    Layers: parsed.layers.map((layer) => layer.digest),
    LayersData: parsed.layers.map((layer) => ({
      MIMEType: layer.mediaType,
      Digest: layer.digest,
      Size: layer.size,
      Annotations: layer.annotations ?? null,
    })),
    Env: parsedConfig.config?.Env ?? null,
  };
}

function nameOf({ dockerReference }: ImageReference): { readonly Name?: string } {
  return dockerReference === undefined ? {} : { Name: repositoryName(parseReference(dockerReference)) };
}

/** Docker's first format has no configuration of its own: the newest entry of its history is one. */
async function inspectSchema1(
  reference: ImageReference,
  manifest: RawManifest,
  top: RawManifest,
  context: ImageContext,
  { config, raw, tags }: InspectOptions,
): Promise<object> {
  if (config || raw) throw new Error('the configuration of a schema 1 image is part of its manifest: use --raw');
  const { parseSchema1 } = await import('@lighter/image/manifest/schema1');
  const { layers, tag } = parseSchema1(manifest.bytes);
  const newest = JSON.parse(layers.at(-1)?.text ?? '{}') as ImageConfig & { docker_version?: string };
  return {
    ...nameOf(reference),
    ...(tag === '' ? {} : { Tag: tag }),
    Digest: top.digest,
    RepoTags: tags ? await tagsOf(reference, context) : [],
    Created: newest.created ?? null,
    DockerVersion: newest.docker_version ?? '',
    Labels: newest.config?.Labels ?? null,
    Architecture: newest.architecture ?? '',
    Os: newest.os ?? '',
    Layers: layers.map(({ digest }) => digest),
    LayersData: layers.map(({ digest }) => ({ MIMEType: '', Digest: digest, Size: -1, Annotations: null })),
    Env: newest.config?.Env ?? null,
  };
}

async function chosen(source: ImageSource, top: RawManifest, context: ImageContext): Promise<RawManifest> {
  const instance = chooseInstance(parseIndex(top.bytes, top.mediaType).manifests, context.platform);
  if (!instance) {
    throw new Error(
      `Error parsing manifest for image: choosing image instance: no image found in image index for ${describeWanted(context.platform ?? {})} (see --override-os and --override-arch)`,
    );
  }
  return source.manifest(instance.digest);
}

/** A configuration is small; its digest is checked like a manifest's. */
async function readAll(source: ImageSource, descriptor: Descriptor, signal: AbortSignal | undefined): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (await source.blob(descriptor)).stream(signal)) {
    length += chunk.length;
    if (length > 4 * 1024 * 1024) throw new Error('the image configuration exceeds the maximum of 4194304 bytes');
    chunks.push(chunk);
  }
  return Buffer.from(rawManifest(Buffer.concat(chunks), 'config', descriptor.digest).bytes);
}

/** A registry that doesn't let us list is only worth a warning. */
async function tagsOf(reference: ImageReference, context: ImageContext): Promise<string[]> {
  if (!(reference instanceof DockerReference)) return [];
  const { listTags } = await import('@lighter/image/transports/docker/tags');
  try {
    return await Array.fromAsync(listTags(reference, context));
  } catch (error) {
    const { code, status } = error as { code?: string; status?: number };
    if (code !== 'UNAUTHORIZED' && status !== 404) throw error;
    log('warn', `Error getting tags: ${(error as Error).message}`);
    return [];
  }
}

/** The configuration with the names that Go's structure has for templates; the standard's own under `standard`, not listed. */
function templateView(config: ImageConfig): object {
  const view = {
    Created: config.created ?? null,
    Author: config.author ?? '',
    Platform: { Architecture: config.architecture, OS: config.os, Variant: config.variant ?? '' },
    Architecture: config.architecture,
    OS: config.os,
    Variant: config.variant ?? '',
    Config: {
      User: '',
      ExposedPorts: null,
      Env: null,
      Entrypoint: null,
      Cmd: null,
      Volumes: null,
      WorkingDir: '',
      Labels: null,
      StopSignal: '',
      ...config.config,
    },
    RootFS: { Type: config.rootfs.type, DiffIDs: config.rootfs.diff_ids },
    History: config.history ?? null,
  };
  const standard: unknown = JSON.parse(ociConfigText(config));
  Object.defineProperty(view, 'standard', { value: standard, enumerable: false });
  return view;
}
