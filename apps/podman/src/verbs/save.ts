import { bool, choice, string } from '@lighter/cli/flags';
import { copyImage } from '@lighter/image/copy/copy-image';
import { candidateNames, findLocalImage } from '@lighter/image/local-images';
import { localName } from '@lighter/image/local-name';
import { parseImageName } from '@lighter/image/parse';
import { StorageReference } from '@lighter/image/transports/containers-storage/reference';
import { parseReference } from '@lighter/spec/reference';
import type { Image } from '@lighter/storage/store-types';
import { podmanCommand } from '../context.ts';
import { copyProgress } from '../progress.ts';
import { saveDockerArchive } from '../save-archive.ts';

const formats = ['docker-archive', 'oci-archive', 'oci-dir', 'docker-dir'] as const;

export const command = podmanCommand({
  use: 'save [options] IMAGE [IMAGE...]',
  summary: 'Save image(s) to an archive',
  examples: [
    'podman save --quiet -o myimage.tar imageID',
    'podman save --format docker-dir -o ubuntu-dir ubuntu',
    'podman save -m -o both.tar fedora ubuntu',
  ],
  flags: {
    compress: bool('compress tarball image layers when saving to a directory'),
    format: choice('save image to oci-archive, oci-dir, docker-archive or docker-dir', formats),
    'multi-image-archive': bool('interpret additional arguments as images, not tags', { short: 'm' }),
    output: string('write to a specified file (default: stdout, which must be redirected)', { short: 'o' }),
    quiet: bool('suppress the output', { short: 'q' }),
    uncompressed: bool('accept uncompressed layers when copying OCI images'),
  },
  async run({ flags, args, context, signal }) {
    const format = flags.format ?? 'docker-archive';
    const many = flags['multi-image-archive'] ?? false;
    const [name = '', ...more] = args;
    if (name === '') throw new Error('save requires at least one image name or ID');
    if (many && format !== 'docker-archive')
      throw new Error('--multi-image-archive is only supported with docker-archive');
    if (flags.compress && format !== 'docker-dir')
      throw new Error("--compress can only be set when --format is 'docker-dir'");
    const path = flags.output ?? '/dev/stdout';
    if (flags.output === undefined) {
      if (process.stdout.isTTY) throw new Error('refusing to save to terminal. Use -o flag or redirect');
      if (format.endsWith('-dir')) throw new Error(`${format} needs a folder: use --output`);
    }
    if (path.includes(':')) throw new Error(`invalid filename (should not contain ':') ${JSON.stringify(path)}`);
    const store = await context.store();
    const image = await findLocalImage(store, name);
    const options = { signal, onEvent: copyProgress(flags.quiet ?? false) };
    if (format === 'docker-archive') {
      const first = { id: image.id, names: [...(await namesOf(image, name)), ...(many ? [] : more.map(tagged))] };
      const others = await Promise.all(
        (many ? more : []).map(async (text) => {
          const other = await findLocalImage(store, text);
          return { id: other.id, names: await namesOf(other, text) };
        }),
      );
      await saveDockerArchive(store, [first, ...others], path, options);
      return undefined;
    }
    const [tag] = await namesOf(image, name);
    const target =
      format === 'docker-dir'
        ? `dir:${path}`
        : `${format === 'oci-dir' ? 'oci' : 'oci-archive'}:${path}${tag ? `:${tag.domain}/${tag.path}:${tag.tag}` : ''}`;
    await copyImage(new StorageReference(image.id, store), await parseImageName(target), {
      ...options,
      format: format.startsWith('oci') ? 'oci' : 'v2s2',
      destinationContext: {
        signal,
        ...(flags.uncompressed ? { acceptUncompressedLayers: true } : {}),
        ...(flags.compress ? { directoryCompression: 'compress' as const } : {}),
      },
    });
    return undefined;
  },
});

/** The name an image was asked for by; none for one asked for by its id. */
async function namesOf(image: Image, typed: string) {
  const names = await candidateNames(typed);
  const found = image.names.find((one) => one === typed || names.includes(one));
  return found === undefined || found.includes('@') ? [] : [parseReference(found)];
}

function tagged(text: string) {
  return parseReference(localName(text));
}
