import { bool, choice, int, string, strings } from '@lighter/cli/flags';
import { alignTable } from '@lighter/cli/table';
import type { Engine } from '@lighter/engine/engine';
import type { Container } from '@lighter/engine/state/containers';
import { containerFilter, wantsAll } from '../container-filters.ts';
import { commandText, createdText, portsText, statusText } from '../container-view.ts';
import { podmanCommand } from '../context.ts';

export const command = podmanCommand({
  use: 'ps [options]',
  summary: 'Prints out information about the containers.',
  examples: ['podman ps -a', "podman ps -a --format '{{.ID}} {{.Names}} {{.Status}}'"],
  flags: {
    all: bool('show all the containers, default is only running containers', { short: 'a' }),
    filter: strings('filter output based on conditions given', { short: 'f' }),
    format: string('pretty-print containers to JSON or using a Go template'),
    last: int('print the n last created containers (all states)', { short: 'n' }),
    latest: bool('show the latest container created (all states)', { short: 'l' }),
    'no-trunc': bool('display the extended information'),
    noheading: bool('do not print headers'),
    quiet: bool('print the numeric IDs of the containers only', { short: 'q' }),
    size: bool('display the total file sizes', { short: 's' }),
    sort: choice('sort output by', ['command', 'created', 'id', 'image', 'names', 'runningfor', 'status']),
    sync: bool('sync container state with OCI runtime', { hidden: true }),
  },
  async run({ flags, args, context }) {
    if (args.length > 0) throw new Error(`unknown command ${JSON.stringify(args[0])} for "podman ps"`);
    if (flags.quiet && flags.size) throw new Error('quiet conflicts with size and namespace');
    const engine = await context.engine();
    let containers = await engine.containers.all();
    const filters = flags.filter ?? [];
    const last = flags.latest ? 1 : flags.last;
    if (last !== undefined && last >= 0) containers = containers.slice(-last || containers.length);
    else if (!flags.all && !wantsAll(filters))
      containers = containers.filter(({ state }) => state.status === 'running');
    containers = sorted(containers.filter(containerFilter(filters)), flags.sort);
    const full = flags['no-trunc'] ?? false;
    if (flags.quiet && flags.format === undefined) {
      for (const { record } of containers) process.stdout.write(`${full ? record.id : record.id.slice(0, 12)}\n`);
      return undefined;
    }
    if (flags.format === 'json') {
      process.stdout.write(`${JSON.stringify(containers.map(jsonOf), undefined, 2)}\n`);
      return undefined;
    }
    const rows = [];
    for (const container of containers) rows.push(await rowOf(container, full, flags.size ? engine : undefined));
    if (flags.format !== undefined) {
      const { renderRows } = await import('@lighter/cli/template-rows');
      process.stdout.write(renderRows(flags.format, rows, { headings, noHeading: flags.noheading ?? false }));
      return undefined;
    }
    const columns = [
      'ID',
      'Image',
      'Command',
      'CreatedHuman',
      'Status',
      'Ports',
      'Names',
      ...(flags.size ? ['Size'] : []),
    ] as const;
    const cells = rows.map((row) => columns.map((column) => String(row[column as keyof typeof row])));
    const heading = columns.map((column) => headings[column] ?? '');
    process.stdout.write(alignTable((flags.noheading ? cells : [heading, ...cells]).map(padded), 2));
    return undefined;
  },
});

const headings: Readonly<Record<string, string>> = {
  ID: 'CONTAINER ID',
  Image: 'IMAGE',
  Command: 'COMMAND',
  CreatedHuman: 'CREATED',
  CreatedAt: 'CREATED AT',
  RunningFor: 'CREATED',
  Status: 'STATUS',
  State: 'STATE',
  Ports: 'PORTS',
  Names: 'NAMES',
  Size: 'SIZE',
  ImageID: 'IMAGE ID',
  Labels: 'LABELS',
  Networks: 'NETWORKS',
  Pid: 'PID',
  ExitCode: 'EXIT CODE',
};

/** podman's columns are at least ten wide. */
function padded(row: readonly string[]): string[] {
  return row.map((cell, column) => (column < row.length - 1 ? cell.padEnd(10) : cell));
}

async function rowOf(container: Container, full: boolean, measured: Engine | undefined) {
  const { record, state } = container;
  return {
    ID: full ? record.id : record.id.slice(0, 12),
    Image: record.image?.name ?? '',
    ImageID: record.image?.id ?? '',
    Command: commandText(container, full),
    CreatedHuman: createdText(container),
    RunningFor: createdText(container),
    CreatedAt: record.created,
    Created: createdText(container),
    Status: statusText(container),
    State: state.status,
    Ports: portsText(container),
    Names: record.name,
    Labels: Object.entries(record.labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(','),
    Networks: networksOf(container).join(','),
    Pid: state.pid,
    ExitCode: state.exit?.code ?? 0,
    AutoRemove: record.config.autoRemove,
    CIDFile: record.cidFile ?? '',
    Size: measured ? await sizeText(measured, record.id) : '',
  };
}

async function sizeText(engine: Engine, id: string): Promise<string> {
  const { humanSize } = await import('@lighter/cli/units');
  const own = await engine.store.containerSize(id);
  const layers = new Map((await engine.store.layers()).map((layer) => [layer.id, layer]));
  let whole = own;
  const { layer: top } = await engine.store.container(id);
  for (let layer = layers.get(layers.get(top)?.parent ?? ''); layer; layer = layers.get(layer.parent ?? ''))
    whole += Math.max(0, layer.diffSize ?? 0);
  return `${humanSize(own, { digits: 3 })} (virtual ${humanSize(whole, { digits: 3 })})`;
}

function networksOf({ record }: Container): string[] {
  const { network } = record.config;
  return network.mode === 'bridge' ? network.attachments.map((attachment) => attachment.network) : [];
}

const NEVER = -62_135_596_800;

function jsonOf(container: Container): object {
  const { record, state } = container;
  const { network } = record.config;
  return {
    AutoRemove: record.config.autoRemove,
    Command: [...(record.entrypoint ?? []), ...record.command],
    CreatedAt: createdText(container),
    CIDFile: record.cidFile ?? '',
    Exited: state.status === 'exited' || state.status === 'stopped',
    ExitedAt: state.exit ? Math.floor(state.exit.finished / 1000) : NEVER,
    ExitCode: state.exit?.code ?? 0,
    ExposedPorts: null,
    Id: record.id,
    Image: record.image?.name ?? '',
    ImageID: record.image?.id ?? '',
    IsInfra: false,
    Labels: Object.keys(record.labels).length > 0 ? record.labels : null,
    Mounts: [],
    Names: [record.name],
    Namespaces: {},
    Networks: networksOf(container),
    Pid: state.pid,
    Pod: '',
    PodName: '',
    Ports:
      (network.mode === 'bridge' || network.mode === 'user') && network.ports.length > 0
        ? network.ports.map(({ hostIp, hostPort, containerPort, range, protocol }) => ({
            host_ip: hostIp,
            container_port: containerPort,
            host_port: hostPort,
            range,
            protocol,
          }))
        : null,
    Restarts: 0,
    Size: null,
    StartedAt: state.started > 0 ? Math.floor(state.started / 1000) : NEVER,
    State: state.status,
    Status: statusText(container),
    Created: Math.floor(Date.parse(record.created) / 1000),
  };
}

function sorted(containers: Container[], by: string | undefined): Container[] {
  const key = ({ record, state }: Container): string => {
    if (by === 'command') return record.command.join(' ');
    if (by === 'id') return record.id;
    if (by === 'image') return record.image?.name ?? '';
    if (by === 'names') return record.name;
    return state.status;
  };
  if (by === undefined) return containers;
  if (by === 'created' || by === 'runningfor') return containers.toReversed();
  return containers.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}
