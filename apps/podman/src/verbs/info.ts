import { readFileSync, statfsSync } from 'node:fs';
import { cpus, freemem, hostname, release, totalmem, uptime } from 'node:os';
import { string } from '@lighter/cli/flags';
import { readPolicy } from '@lighter/config/policy';
import { readRegistries } from '@lighter/config/registries';
import { rootlessUid } from '@lighter/linux/launched';
import { readHostFacts } from '@lighter/runtime/host';
import { findConmon, findRuntime } from '@lighter/runtime/programs';
import { podmanCommand } from '../context.ts';
import { versionFacts } from './version.ts';

export const command = podmanCommand({
  use: 'info [options]',
  summary: 'Displays information pertaining to the host, current storage stats, and build of podman.',
  flags: { format: string('change the output format to JSON or a Go template', { short: 'f' }) },
  async run({ flags, context }) {
    const engine = await context.engine();
    const conf = await engine.conf();
    const facts = readHostFacts();
    const containers = await engine.containers.all();
    const count = (...statuses: string[]) => containers.filter(({ state }) => statuses.includes(state.status)).length;
    const policy = readPolicy();
    const registries = await readRegistries({ rootlessUid: rootlessUid() });
    const runtimePath = attempt(() =>
      findRuntime({ ...(conf.engine.runtime ? { wanted: conf.engine.runtime } : {}), runtimes: conf.engine.runtimes }),
    );
    const disk = attempt(() => statfsSync(engine.store.graphRoot));
    const info = {
      host: {
        arch: facts.architecture,
        cgroupManager: conf.engine.cgroup_manager || 'cgroupfs',
        cgroupVersion: `v${facts.cgroupVersion}`,
        cgroupControllers: [...facts.controllers],
        conmon: { path: attempt(() => findConmon(conf.engine.conmon_path)) ?? '' },
        cpus: cpus().length,
        databaseBackend: 'sqlite',
        distribution: distribution(),
        eventLogger: 'none',
        hostname: hostname(),
        kernel: release(),
        logDriver: conf.containers.log_driver || 'k8s-file',
        memFree: freemem(),
        memTotal: totalmem(),
        networkBackend: conf.network.network_backend || 'cni',
        ociRuntime: { name: runtimePath?.replace(/^.*\//, '') ?? '', path: runtimePath ?? '' },
        os: 'linux',
        security: {
          apparmorEnabled: facts.apparmorProfiles() !== undefined,
          capabilities: conf.containers.default_capabilities
            .map((name) => (name.startsWith('CAP_') ? name : `CAP_${name}`))
            .join(','),
          rootless: rootlessUid() !== undefined,
          seccompEnabled: true,
          selinuxEnabled: false,
        },
        trustPolicy: policy.file ?? 'no policy.json was found: images are accepted from anywhere',
        uptime: `${Math.floor(uptime() / 3600)}h ${Math.floor(uptime() / 60) % 60}m`,
      },
      store: {
        containerStore: {
          number: containers.length,
          paused: count('paused'),
          running: count('running'),
          stopped: count('created', 'exited', 'stopped', 'initialized'),
        },
        graphDriverName: engine.store.driverName,
        graphOptions: engine.store.options,
        graphRoot: engine.store.graphRoot,
        graphRootAllocated: disk ? disk.blocks * disk.bsize : 0,
        graphRootUsed: disk ? (disk.blocks - disk.bfree) * disk.bsize : 0,
        imageStore: { number: (await engine.store.images()).length },
        runRoot: engine.store.runRoot,
      },
      registries: registries.searchRegistries.length > 0 ? { search: registries.searchRegistries } : {},
      plugins: {
        volume: [],
        network: ['bridge'],
        log: ['k8s-file', 'none', 'passthrough', 'journald'],
        authorization: null,
      },
      version: versionFacts(),
    };
    if (flags.format === 'json') process.stdout.write(`${JSON.stringify(info, undefined, 2)}\n`);
    else if (flags.format !== undefined) {
      const { renderRows } = await import('@lighter/cli/template-rows');
      process.stdout.write(renderRows(flags.format, [goNames(info) as object]));
    } else process.stdout.write(yaml(info));
    return undefined;
  },
});

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined; // not there: shown as empty
  }
}

function distribution(): { distribution: string; version: string; codename: string } {
  const text = attempt(() => readFileSync('/etc/os-release', 'utf8')) ?? '';
  const get = (key: string) => new RegExp(`^${key}="?([^"\n]*)"?$`, 'm').exec(text)?.[1] ?? '';
  return { distribution: get('ID'), version: get('VERSION_ID'), codename: get('VERSION_CODENAME') };
}

/** Templates see Go's names: `.Host.Arch`, `.Store.GraphRoot`. */
function goNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(goNames);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => {
      const name =
        key === 'os'
          ? 'OS'
          : key === 'ociRuntime'
            ? 'OCIRuntime'
            : key === 'cpus'
              ? 'CPUs'
              : `${key[0]?.toUpperCase()}${key.slice(1)}`;
      return [name, goNames(one)];
    }),
  );
}

/** Block YAML of plain data, with two blanks a level, as upstream prints it. */
function yaml(value: object, indent = ''): string {
  return Object.entries(value)
    .map(([key, one]) => {
      if (Array.isArray(one))
        return one.length === 0
          ? `${indent}${key}: []\n`
          : `${indent}${key}:\n${one.map((item) => `${indent}- ${scalar(item)}\n`).join('')}`;
      if (typeof one === 'object' && one !== null)
        return Object.keys(one).length === 0
          ? `${indent}${key}: {}\n`
          : `${indent}${key}:\n${yaml(one, `${indent}  `)}`;
      return `${indent}${key}: ${scalar(one)}\n`;
    })
    .join('');
}

function scalar(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  return value === '' || /[:#{}[\],&*!|>'"%@`]|^[-?\s]|\s$|^(true|false|null|~|[\d.+-]+)$/.test(value)
    ? JSON.stringify(value)
    : value;
}
