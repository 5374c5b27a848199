import { bool, choice, string } from '@lighter/cli/flags';
import { ExitStatus } from '@lighter/cli/program';
import type { Engine } from '@lighter/engine/engine';
import { podmanCommand } from '../context.ts';
import { expectArguments } from '../each.ts';

export const command = podmanCommand({
  use: 'inspect [options] {CONTAINER|IMAGE} [...]',
  summary: 'Displays the configuration of containers and images.',
  examples: ["podman inspect --format '{{.State.Status}}' web", 'podman inspect --type image alpine'],
  flags: {
    format: string('format the output to a Go template or json', { short: 'f' }),
    latest: bool('act on the latest container podman is aware of', { short: 'l' }),
    type: choice('specify inspect-object type', ['all', 'container', 'image'], { short: 't' }),
  },
  async run({ flags, args, context }) {
    const engine = await context.engine();
    const names = flags.latest ? (await engine.containers.all()).slice(-1).map(({ record }) => record.id) : args;
    if (!flags.latest) expectArguments('inspect', names, 1);
    const found: object[] = [];
    const failures: string[] = [];
    for (const name of names) {
      const one = await inspect(engine, name, flags.type ?? 'all');
      if (one) found.push(one);
      else
        failures.push(
          flags.type === undefined || flags.type === 'all'
            ? `no such object: ${JSON.stringify(name)}`
            : `no such ${flags.type} ${name}`,
        );
    }
    if (flags.format === undefined || flags.format === 'json')
      process.stdout.write(`${JSON.stringify(found, undefined, 5)}\n`);
    else {
      const { renderRows } = await import('@lighter/cli/template-rows');
      process.stdout.write(renderRows(flags.format, found));
    }
    for (const failure of failures) process.stderr.write(`Error: ${failure}\n`);
    if (failures.length > 0) throw new ExitStatus(125);
    return undefined;
  },
});

async function inspect(engine: Engine, name: string, type: 'all' | 'container' | 'image'): Promise<object | undefined> {
  const container = type === 'image' ? undefined : await engine.containers.find(name);
  if (container) return (await import('../container-inspection.ts')).inspectContainer(engine, container);
  if (type === 'container') return undefined;
  const { findLocalImage } = await import('@lighter/image/local-images');
  try {
    const image = await findLocalImage(engine.store, name);
    return await (await import('../image-inspection.ts')).inspectImage(engine.store, image);
  } catch (error) {
    if ((error as { code?: string }).code === 'IMAGE_NOT_FOUND') return undefined;
    throw error;
  }
}
