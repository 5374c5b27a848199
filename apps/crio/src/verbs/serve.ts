import { existsSync } from 'node:fs';
import { log, setLogLevel } from '@lighter/cli/log';
import { readCrioConfiguration } from '@lighter/config/crio';
import { startServer } from '@lighter/cri/server';
import { linux } from '@lighter/linux/native';
import { openStore } from '@lighter/storage/open';
import { type CrioFlags, crioCommand } from '../program.ts';
import { upstreamVersion } from '../version.ts';

export const command = crioCommand({
  use: 'serve',
  summary: 'Serve the CRI until SIGTERM or SIGINT',
  flags: {},
  async run({ args, context: flags, signal }) {
    if (args.length > 0) throw new Error(`unknown command ${JSON.stringify(args[0])} for "crio"`);
    const configuration = await readCrioConfiguration({
      ...(flags.config === undefined ? {} : { file: flags.config }),
      ...(flags['config-dir'] === undefined ? {} : { directory: flags['config-dir'] }),
    });
    if (flags['log-level'] === undefined) setLogLevel(configuration.logLevel);
    for (const key of configuration.unknown) log('warn', `unknown configuration key ${key} is ignored`);
    for (const key of configuration.withoutEffect) log('warn', `configuration key ${key} has no effect yet`);
    const root = flags.root ?? configuration.root;
    const runRoot = flags.runroot ?? configuration.runRoot;
    const driver = flags['storage-driver'] ?? configuration.storageDriver;
    await using store = await openStore({
      ...(root === undefined ? {} : { root }),
      ...(runRoot === undefined ? {} : { runRoot }),
      ...(driver === undefined ? {} : { driver }),
      options: flags['storage-opt'] ?? configuration.storageOptions,
    });
    await using server = await startServer(
      {
        version: upstreamVersion,
        store,
        cgroupDriver:
          flags['cgroup-manager'] ??
          configuration.cgroupManager ??
          (existsSync('/run/systemd/system') ? 'systemd' : 'cgroupfs'),
        networkDirectory: configuration.networkDirectory,
        pluginDirectories: configuration.pluginDirectories,
        runtimePath: runtimePath(flags, configuration),
        pinnedImages: configuration.pinnedImages,
      },
      {
        listen: flags.listen ?? configuration.listen,
        maxReceiveBytes: configuration.maxReceiveBytes,
        maxSendBytes: configuration.maxSendBytes,
        onError: (rpc, error) => log('error', `${rpc}: ${error.message}`),
      },
    );
    log('info', `serving on ${server.path}`);
    linux.sdNotify('READY=1');
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    log('info', 'stopping');
    linux.sdNotify('STOPPING=1');
    return undefined;
  },
});

type Configuration = Awaited<ReturnType<typeof readCrioConfiguration>>;

/** The named runtime, or the first of crun and runc that is installed. */
function runtimePath(flags: CrioFlags, configuration: Configuration): string | undefined {
  const named = flags['default-runtime'] ?? configuration.defaultRuntime;
  const configured = named === undefined ? '' : configuration.runtimePaths[named];
  if (configured) return configured;
  const candidates = named === undefined ? ['crun', 'runc'] : [named];
  const directories = [
    '/usr/libexec/crio',
    '/usr/local/bin',
    '/usr/local/sbin',
    '/usr/bin',
    '/usr/sbin',
    '/bin',
    '/sbin',
  ];
  return candidates
    .flatMap((name) => directories.map((directory) => `${directory}/${name}`))
    .find((path) => existsSync(path));
}
