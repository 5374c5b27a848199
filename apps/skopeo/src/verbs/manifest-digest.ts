import { readFileSync } from 'node:fs';
import { manifestDigest } from '@lighter/image/raw-manifest';
import { skopeoCommand } from '../context.ts';
import { within } from '../failure.ts';
import { argumentCount } from '../image-flags.ts';

export const command = skopeoCommand({
  use: 'manifest-digest MANIFEST-FILE',
  summary: 'Compute a manifest digest of a file',
  examples: ['skopeo manifest-digest manifest.json'],
  flags: {},
  async run({ args }) {
    argumentCount(args, 1, 'Usage: skopeo manifest-digest manifest');
    const [path = ''] = args;
    const bytes = await within(`Error reading manifest from ${path}`, async () => readFileSync(path));
    const digest = await within('Error computing digest', async () => manifestDigest(bytes));
    process.stdout.write(`${digest}\n`);
    return undefined;
  },
});
