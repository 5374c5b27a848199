import { bool, string } from '@lighter/cli/flags';
import { ExitStatus } from '@lighter/cli/program';
import type { SecretRecord } from '@lighter/engine/secrets/record';
import { SecretStore } from '@lighter/engine/secrets/store';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';
import { printObjects } from '../print-list.ts';

export const command = podmanCommand({
  use: 'inspect [options] SECRET [SECRET...]',
  summary: 'Displays detailed information on one or more secrets.',
  examples: ['podman secret inspect MYSECRET', "podman secret inspect --format '{{.ID}} {{.Spec.Name}}' MYSECRET"],
  flags: {
    format: string('format inspect output using Go template', { short: 'f' }),
    pretty: bool('print inspect output in human-readable format'),
    showsecret: bool('display the secret'),
  },
  async run({ flags, args, context }) {
    expectArguments('secret inspect', args, 1);
    const store = new SecretStore(await context.engine());
    const objects: ReturnType<typeof view>[] = [];
    const failures: string[] = [];
    for (const name of args) {
      try {
        const secret = await store.get(name);
        objects.push(view(secret, flags.showsecret ? (await store.data(secret)).toString() : undefined));
      } catch (error) {
        if ((error as { code?: string }).code !== 'SECRET_UNKNOWN') throw error;
        failures.push(`inspecting secret ${name}: ${(error as Error).message}`);
      }
    }
    if (flags.pretty) for (const object of objects) process.stdout.write(prettyText(object));
    else await printObjects(objects, flags.format, 4);
    for (const failure of failures) process.stderr.write(`Error: ${failure}\n`);
    if (failures.length > 0) throw new ExitStatus(125);
    return undefined;
  },
});

function view(secret: SecretRecord, data: string | undefined) {
  return {
    ID: secret.id,
    CreatedAt: secret.createdAt,
    UpdatedAt: secret.updatedAt,
    Spec: {
      Name: secret.name,
      Driver: { Name: secret.driver, Options: secret.driverOptions },
      Labels: secret.labels ?? {},
    },
    ...(data === undefined ? {} : { SecretData: data }),
  };
}

function prettyText({ ID, CreatedAt, UpdatedAt, Spec, SecretData }: ReturnType<typeof view>): string {
  return [
    `ID:              ${ID}`,
    `Name:            ${Spec.Name}`,
    ...Object.entries(Spec.Labels).map(([name, value]) => ` - ${name}${value === '' ? '' : ` = ${value}`}`),
    `Driver:          ${Spec.Driver.Name}`,
    `Created:         ${CreatedAt}`,
    `Updated:         ${UpdatedAt}`,
    ...(SecretData === undefined ? [] : [`Secret:          ${SecretData}`]),
    '',
  ].join('\n');
}
