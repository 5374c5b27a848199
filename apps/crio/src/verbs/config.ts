import { noArguments } from '@lighter/cli/arguments';
import { crioConfigurationText } from '@lighter/config/crio-text';
import { crioCommand } from '../program.ts';
import { readSettings } from '../settings.ts';

export const command = crioCommand({
  use: 'config [flags]',
  summary: 'Print the configuration in effect as TOML',
  description:
    'Prints what the configuration files, the environment and the flags lead to: every key that has an effect, with its value.',
  examples: ['crio config', 'crio --config ./crio.conf config'],
  flags: {},
  arguments: noArguments,
  async run({ context: flags }) {
    const { configuration } = await readSettings(flags);
    process.stdout.write(await crioConfigurationText(configuration));
  },
});
