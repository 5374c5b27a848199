import { readFileSync } from 'node:fs';
import { bool, string, strings } from '@lighter/cli/flags';
import { SecretStore } from '@lighter/engine/secrets/store';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';
import { keyValues } from '../key-values.ts';

export const command = podmanCommand({
  use: 'create [options] NAME FILE|-',
  summary: 'Makes a secret of the content of a file, of standard input, or of a variable.',
  examples: ['podman secret create mysecret /path/to/secret', 'printf "secretdata" | podman secret create mysecret -'],
  flags: {
    driver: string('specify secret driver', { short: 'd' }),
    'driver-opts': strings('specify driver specific options'),
    env: bool('read secret data from environment variable'),
    ignore: bool('if the secret already exists, do nothing'),
    label: strings('specify labels on the secret', { short: 'l' }),
    replace: bool('if a secret with the same name exists, replace it'),
  },
  async run({ flags, args, context }) {
    expectArguments('secret create', args, 2, 2);
    const [name = '', source = ''] = args;
    const data = flags.env ? variable(source) : readFileSync(source === '-' ? 0 : source);
    const secret = await new SecretStore(await context.engine()).create({
      name,
      data,
      ...(flags.driver ? { driver: flags.driver } : {}),
      ...(flags['driver-opts'] ? { driverOptions: keyValues(flags['driver-opts'], '--driver-opts') } : {}),
      labels: keyValues(flags.label ?? [], '--label'),
      replace: flags.replace ?? false,
      ignore: flags.ignore ?? false,
    });
    process.stdout.write(`${secret.id}\n`);
    return undefined;
  },
});

function variable(name: string): Buffer {
  const value = process.env[name];
  if (value === undefined) throw new Error(`cannot create store secret data: environment variable ${name} is not set`);
  return Buffer.from(value);
}
