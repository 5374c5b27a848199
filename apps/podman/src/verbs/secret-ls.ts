import { bool, string, strings } from '@lighter/cli/flags';
import { humanDuration } from '@lighter/cli/units';
import type { SecretRecord } from '@lighter/engine/secrets/record';
import { SecretStore } from '@lighter/engine/secrets/store';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';
import { objectFilter } from '../object-filters.ts';
import { printList } from '../print-list.ts';

export const command = podmanCommand({
  use: 'ls [options]',
  summary: 'Lists secrets.',
  examples: ['podman secret ls --filter name=key'],
  flags: {
    filter: strings('filter secret output', { short: 'f' }),
    format: string('format volume output using Go template'),
    noheading: bool('do not print headers', { short: 'n' }),
    quiet: bool('print secret IDs only', { short: 'q' }),
  },
  async run({ flags, args, context }) {
    expectArguments('secret ls', args, 0, 0);
    const accepts = objectFilter<SecretRecord>(flags.filter ?? [], {
      name: (value) => {
        const pattern = new RegExp(value);
        return ({ name }) => pattern.test(name);
      },
      id:
        (value) =>
        ({ id }) =>
          id.startsWith(value),
    });
    const secrets = (await new SecretStore(await context.engine()).all()).filter(accepts);
    if (flags.quiet) {
      for (const { id } of secrets) process.stdout.write(`${id}\n`);
      return undefined;
    }
    const ago = (time: string) => `${humanDuration(Date.now() - Date.parse(time))} ago`;
    await printList({
      rows: secrets.map(({ id, name, driver, createdAt, updatedAt }) => ({
        ID: id,
        Name: name,
        Driver: driver,
        CreatedAt: ago(createdAt),
        UpdatedAt: ago(updatedAt),
      })),
      columns: [
        ['ID', 'ID'],
        ['Name', 'NAME'],
        ['Driver', 'DRIVER'],
        ['CreatedAt', 'CREATED'],
        ['UpdatedAt', 'UPDATED'],
      ],
      format: flags.format,
      noHeading: flags.noheading,
    });
    return undefined;
  },
});
