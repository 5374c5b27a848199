import { existsSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { bool, string } from '@lighter/cli/flags';
import { log } from '@lighter/cli/log';
import { copyImage } from '@lighter/image/copy/copy-image';
import { parseImageName } from '@lighter/image/parse';
import type { ImageContext, ImageReference } from '@lighter/image/types';
import { skopeoCommand } from '../context.ts';
import { copyFlags, copyOptions } from '../copy-flags.ts';
import { authFileHelp, destinationFlags, sourceFlags, withImageFlags } from '../image-flags.ts';
import { copyProgress } from '../progress.ts';
import { retryFlags, retrying } from '../retry.ts';
import { directorySource, fileSources, registrySource, type SyncImage, type SyncSource } from '../sync/sources.ts';
import { exactArguments } from '../usage.ts';

export const command = skopeoCommand({
  use: 'sync [command options] --src TRANSPORT --dest TRANSPORT SOURCE DESTINATION',
  summary: 'Synchronize one or more images from one location to another',
  description: `Copy all the images from a SOURCE to a DESTINATION.

Allowed SOURCE transports (specified with --src): docker, dir, yaml
Allowed DESTINATION transports (specified with --dest): docker, dir

See skopeo-sync(1) for details.
`,
  examples: ['skopeo sync --src docker --dest dir --scoped registry.example.com/busybox /media/usb'],
  flags: {
    ...sourceFlags,
    ...destinationFlags,
    ...copyFlags,
    ...retryFlags,
    'append-suffix': string('String to append to DESTINATION tags'),
    authfile: string(authFileHelp),
    dest: string('DESTINATION transport type', { short: 'd' }),
    digestfile: string(
      'Write the digests and Image References of the resulting images to the specified file, separated by newlines',
    ),
    'dry-run': bool('Run without actually copying data'),
    'keep-going': bool('Do not abort the sync if any image copy fails'),
    scoped: bool('Images at DESTINATION are prefix using the full source image path as scope'),
    src: string('SOURCE transport type', { short: 's' }),
  },
  async run({ flags, args, context, signal }) {
    await exactArguments('sync', args, 2, 'Exactly two arguments expected');
    const [from = '', to = ''] = args;
    const { src = '', dest = '', 'dry-run': dryRun = false } = flags;
    checkTransports(src, dest);
    const policy = await context.policy();
    const base = context.imageContext(signal);
    const sources = await sourcesOf(src, from, withImageFlags(base, flags, 'src-'));
    const digests = flags.digestfile === undefined ? undefined : openSync(flags.digestfile, 'w', 0o644);
    if (dryRun) log('warn', 'Running in dry-run mode');
    let copied = 0;
    let failed = false;
    for (const source of sources) {
      for (const [index, image] of source.images.entries()) {
        const suffix = `${destinationName(image, flags.scoped ?? false)}${flags['append-suffix'] ?? ''}`;
        const target = await destinationOf(dest, `${to.replace(/\/+$/, '')}/${suffix}`);
        const names = { from: String(image.reference), to: String(target) };
        log(
          'info',
          `${dryRun ? 'Would have copied' : 'Copying'} image ref ${index + 1}/${source.images.length}`,
          names,
        );
        try {
          if (!dryRun) {
            const manifest = await retrying(flags, signal, () =>
              copyImage(image.reference, target, {
                policy,
                sourceContext: source.context,
                destinationContext: withImageFlags(base, flags, 'dest-'),
                ...(base.signal ? { signal: base.signal } : {}),
                ...copyOptions(flags),
                multiArch: flags.all ? 'all' : 'system',
                skipIfPresent: true,
                onEvent: copyProgress(false),
              }),
            );
            if (digests !== undefined) writeSync(digests, `${manifest.digest} ${target}\n`);
          }
          copied++;
        } catch (error) {
          signal.throwIfAborted();
          const message = `Error copying ref ${JSON.stringify(names.from)}: ${(error as Error).message}`;
          if (!flags['keep-going']) throw Object.assign(new Error(message, { cause: error }), codeOf(error));
          log('error', message);
          failed = true;
        }
      }
    }
    log('info', `${dryRun ? 'Would have synced' : 'Synced'} ${copied} images from ${sources.length} sources`);
    if (failed) throw new Error('Sync failed due to previous reported error(s) for one or more images');
    return undefined;
  },
});

function checkTransports(src: string, dest: string): void {
  if (src === '') throw new Error('A source transport must be specified');
  if (!['docker', 'dir', 'yaml'].includes(src))
    throw new Error(`${JSON.stringify(src)} is not a valid source transport`);
  if (dest === '') throw new Error('A destination transport must be specified');
  if (!['docker', 'dir'].includes(dest))
    throw new Error(`${JSON.stringify(dest)} is not a valid destination transport`);
  if (src === dest && src === 'dir')
    throw new Error("sync from 'dir' to 'dir' not implemented, consider using rsync instead");
}

async function sourcesOf(transport: string, from: string, context: ImageContext): Promise<SyncSource[]> {
  if (transport === 'yaml') return fileSources(from, context);
  return [await (transport === 'dir' ? directorySource(from, context) : registrySource(from, context))];
}

/** The last part of a name, or all of it. Names of folders are taken as they are. */
function destinationName({ reference, name }: SyncImage, scoped: boolean): string {
  if (scoped || reference.transport === 'dir') return name;
  return name.slice(name.lastIndexOf('/') + 1);
}

/** Never writes over what another run or somebody else has left there. */
async function destinationOf(transport: string, path: string): Promise<ImageReference> {
  if (transport === 'docker') return parseImageName(`docker://${path}`);
  if (existsSync(path)) throw new Error(`Refusing to overwrite destination directory ${JSON.stringify(path)}`);
  mkdirSync(dirname(path), { recursive: true });
  mkdirSync(path);
  return parseImageName(`dir:${path}`);
}

function codeOf(error: unknown): { readonly code?: string } {
  const { code } = error as { code?: string };
  return code === undefined ? {} : { code };
}
