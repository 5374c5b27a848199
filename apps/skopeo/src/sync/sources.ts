/** What `skopeo sync` copies: images of a registry, of folders, or of what a file names. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, relative } from 'node:path';
import { log } from '@lighter/cli/log';
import { type RegistrySyncSource, readSyncSources } from '@lighter/config/sync-sources';
import { parseImageName } from '@lighter/image/parse';
import { DockerReference } from '@lighter/image/transports/docker/reference';
import { listTags } from '@lighter/image/transports/docker/tags';
import type { ImageContext, ImageReference } from '@lighter/image/types';
import { isDigest } from '@lighter/spec/digest';
import { formatReference, parseReference, type Reference, withDefaultTag } from '@lighter/spec/reference';
import { versionTest } from './semver.ts';

export interface SyncImage {
  readonly reference: ImageReference;
  /** Name below the destination: for images of registries the whole one, else a path. */
  readonly name: string;
}

export interface SyncSource {
  readonly images: readonly SyncImage[];
  readonly context: ImageContext;
}

/** `docker`: one image, or every tag of a repository. */
export async function registrySource(text: string, context: ImageContext): Promise<SyncSource> {
  let named: Reference;
  try {
    named = parseReference(text);
  } catch (error) {
    throw new Error(
      `Cannot obtain a valid image reference for transport "docker" and reference ${JSON.stringify(text)}: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
  const isWhole = named.tag === undefined && named.digest === undefined;
  log('info', 'Tag presence check', { imagename: text, tagged: !isWhole });
  if (!isWhole) return { images: [image(named)], context };
  const images = (await tagsOf(named, context)).map((tag) => image({ ...named, tag }));
  if (images.length === 0) throw new Error(`No images to sync found in ${JSON.stringify(text)}`);
  return { images, context };
}

/** `dir`: every folder at or below the path that holds an image; what lies below one isn't looked at. */
export async function directorySource(path: string, context: ImageContext): Promise<SyncSource> {
  if (!existsSync(path)) throw new Error(`stat ${path}: no such file or directory`);
  const found: string[] = [];
  const walk = (folder: string) => {
    if (existsSync(`${folder}/manifest.json`)) {
      found.push(folder);
      return;
    }
    const entries = readdirSync(folder, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1)))
      if (entry.isDirectory()) walk(`${folder}/${entry.name}`);
  };
  walk(path.replace(/(?<=.)\/+$/, ''));
  if (found.length === 0) throw new Error(`No images to sync found in ${JSON.stringify(path)}`);
  const images = found.map(async (folder) => ({
    reference: await parseImageName(`dir:${folder}`),
    name: relative(path, folder) || basename(folder),
  }));
  return { images: await Promise.all(images), context };
}

/** `yaml`: what can't be read of the file is told and left out. */
export async function fileSources(path: string, context: ImageContext): Promise<SyncSource[]> {
  const sources: SyncSource[] = [];
  for (const section of await readSyncSources(path)) {
    const found = await sectionSources(section, context);
    if (found.length === 0) log('warn', 'No refs to sync found', { registry: section.registry });
    sources.push(...found);
  }
  if (sources.length === 0) throw new Error(`No images to sync found in ${JSON.stringify(path)}`);
  return sources;
}

/** One source for each repository that is named. */
async function sectionSources(section: RegistrySyncSource, context: ImageContext): Promise<SyncSource[]> {
  const own: ImageContext = {
    ...context,
    ...(section.credentials ? { credentials: section.credentials } : {}),
    ...(section.tlsVerify === undefined ? {} : { tlsVerify: section.tlsVerify }),
    ...(section.certificateDirectory === undefined ? {} : { certificateDirectory: section.certificateDirectory }),
  };
  const sources: SyncSource[] = [];
  const add = async (name: string, work: (repository: Reference) => Promise<readonly Reference[]>) => {
    log('info', 'Processing repo', { registry: section.registry, repo: name });
    try {
      const images = (await work(parseReference(`${section.registry}/${name}`))).map(image);
      if (images.length > 0) sources.push({ images, context: own });
    } catch (error) {
      context.signal?.throwIfAborted();
      log('error', `Error processing repo, skipping: ${(error as Error).message}`, {
        registry: section.registry,
        repo: name,
      });
    }
  };
  for (const [name, wanted] of Object.entries(section.images))
    await add(name, async (repository) => {
      if (wanted.length > 0)
        return wanted.map((text) =>
          parseReference(`${formatReference(repository)}${isDigest(text) ? '@' : ':'}${text}`),
        );
      log('info', 'Querying registry for image tags', { registry: section.registry, repo: name });
      return (await tagsOf(repository, own)).map((tag) => ({ ...repository, tag }));
    });
  for (const [name, text] of Object.entries(section.imagesByTagRegex))
    await add(name, (repository) => fittingTags(repository, own, regularExpression(text), name));
  for (const [name, text] of Object.entries(section.imagesBySemver))
    await add(name, (repository) => fittingTags(repository, own, versionTest(text), name));
  return sources;
}

function regularExpression(text: string): (tag: string) => boolean {
  const pattern = new RegExp(text);
  return (tag) => pattern.test(tag);
}

async function fittingTags(
  repository: Reference,
  context: ImageContext,
  fits: (tag: string) => boolean,
  repo: string,
): Promise<Reference[]> {
  log('info', 'Querying registry for image tags', { registry: repository.domain, repo });
  return (await tagsOf(repository, context)).filter(fits).map((tag) => ({ ...repository, tag }));
}

async function tagsOf(repository: Reference, context: ImageContext): Promise<string[]> {
  log('info', 'Getting tags', { image: formatReference(repository) });
  return Array.fromAsync(listTags(new DockerReference(withDefaultTag(repository)), context));
}

function image(named: Reference): SyncImage {
  return { reference: new DockerReference(withDefaultTag(named)), name: formatReference(withDefaultTag(named)) };
}
