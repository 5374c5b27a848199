import { log, setLogLevel } from '@lighter/cli/log';
import type { CrioConfiguration } from '@lighter/config/crio';
import { startServer } from '@lighter/cri/server';
import { linux } from '@lighter/linux/native';
import { openStore } from '@lighter/storage/open';
import { crioCommand } from '../program.ts';
import type { CrioFlags } from '../program-flags.ts';
import { readSettings, type Settings } from '../settings.ts';
import { upstreamVersion } from '../version.ts';

export const command = crioCommand({
  use: 'crio [flags]',
  summary: 'Serve the CRI until SIGTERM or SIGINT',
  flags: {},
  async run({ context: flags, signal }) {
    let settings = await readSettings(flags);
    const { configuration } = settings;
    const { root, runRoot, storageDriver, storageOptions } = configuration;
    setLogLevel(configuration.logLevel);
    warnOfKeys(configuration);
    await using store = await openStore({
      ...(root === undefined ? {} : { root }),
      ...(runRoot === undefined ? {} : { runRoot }),
      ...(storageDriver === undefined ? {} : { driver: storageDriver }),
      options: storageOptions,
    });
    await using server = await startServer(
      {
        version: upstreamVersion,
        store,
        cgroupDriver: settings.cgroupManager,
        networkDirectory: configuration.networkDirectory,
        pluginDirectories: configuration.pluginDirectories,
        // What a reload may change is asked for each time.
        get runtimePath() {
          return settings.runtimePath;
        },
        get pinnedImages() {
          return settings.configuration.pinnedImages;
        },
      },
      {
        listen: configuration.listen,
        maxReceiveBytes: configuration.maxReceiveBytes,
        maxSendBytes: configuration.maxSendBytes,
        onError: (rpc, { message }) => log('error', message, { rpc }),
      },
    );
    const reload = async () => {
      settings = (await reloaded(flags)) ?? settings;
    };
    process.on('SIGHUP', reload);
    try {
      log('info', `Serving the CRI on ${server.path}`);
      linux.sdNotify('READY=1');
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      log('info', 'Stopping');
      linux.sdNotify('STOPPING=1');
    } finally {
      process.off('SIGHUP', reload);
    }
    return undefined;
  },
});

function warnOfKeys({ unknown, withoutEffect }: CrioConfiguration): void {
  for (const key of unknown) log('warn', `unknown configuration key ${key} is ignored`);
  for (const key of withoutEffect) log('warn', `configuration key ${key} has no effect yet`);
}

/** SIGHUP: log level, runtime and pinned images are read again. With a bad file the old settings stay: undefined. */
async function reloaded(flags: CrioFlags): Promise<Settings | undefined> {
  try {
    const settings = await readSettings(flags);
    setLogLevel(settings.configuration.logLevel);
    log('info', 'Configuration reload completed');
    return settings;
  } catch (error) {
    log('error', `unable to reload configuration: ${(error as Error).message}`);
    return undefined;
  }
}
