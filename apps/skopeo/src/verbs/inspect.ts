import { bool, choice, string } from '@lighter/cli/flags';
import { parseImageName } from '@lighter/image/parse';
import { skopeoCommand } from '../context.ts';
import { within } from '../failure.ts';
import { completeImageName } from '../image-completion.ts';
import { imageFlags, layoutFlags, withImageFlags } from '../image-flags.ts';
import { inspectImage } from '../inspection.ts';
import { indentedGoJson } from '../json.ts';
import { retryFlags, retrying } from '../retry.ts';

export const command = skopeoCommand({
  use: 'inspect [command options] IMAGE-NAME',
  summary: 'Inspect image IMAGE-NAME',
  examples: [
    'skopeo inspect docker://registry.fedoraproject.org/fedora:latest',
    "skopeo inspect --config --format '{{.Config.Entrypoint}}' docker://quay.io/podman/stable",
  ],
  flags: {
    ...imageFlags,
    ...layoutFlags(''),
    config: bool('output configuration'),
    format: string('format the output to a Go template', { short: 'f' }),
    'manifest-digest': choice("Algorithm of the manifest's digest", ['sha256', 'sha384', 'sha512']),
    'no-tags': bool('do not list the available tags from the repository in the output', { short: 'n' }),
    raw: bool('output raw manifest or configuration'),
    ...retryFlags,
  },
  complete: completeImageName,
  async run({ flags, args, context, signal }) {
    const [name] = args;
    if (args.length !== 1 || name === undefined) throw new Error('Exactly one argument expected');
    if (flags.raw && flags.format !== undefined) throw new Error('raw output does not support format option');
    const reference = await within(`Error parsing image name ${JSON.stringify(name)}`, () => parseImageName(name));
    const imageContext = withImageFlags(context.imageContext(signal), flags);
    const inspected = await within(`Error parsing image name ${JSON.stringify(name)}`, () =>
      retrying(flags, signal, () =>
        inspectImage(reference, imageContext, {
          config: flags.config ?? false,
          raw: flags.raw ?? false,
          tags: !flags['no-tags'],
          ...(flags['manifest-digest'] === undefined ? {} : { algorithm: flags['manifest-digest'] }),
        }),
      ),
    );
    if (inspected instanceof Uint8Array) {
      process.stdout.write(inspected);
      return undefined;
    }
    if (flags.format !== undefined && flags.format !== 'json') {
      const { renderRows } = await import('@lighter/cli/template-rows');
      process.stdout.write(renderRows(flags.format, [inspected]));
      return undefined;
    }
    process.stdout.write(`${indentedGoJson(flags.config ? configJson(inspected) : inspected)}\n`);
    return undefined;
  },
});

/** The configuration under the standard's keys: templates see Go's names, JSON the standard's. */
function configJson(config: object): object {
  const { standard } = config as { standard: object };
  return standard;
}
