/** crio.conf as text. */
import type { CrioConfiguration } from './crio.ts';

/** Every key that has an effect, as TOML that {@link readCrioConfiguration} reads back to the same values. */
export async function crioConfigurationText(configuration: CrioConfiguration): Promise<string> {
  const { stringify } = await import('smol-toml');
  const runtimes = Object.entries(configuration.runtimePaths);
  const text = stringify({
    crio: {
      ...defined({
        root: configuration.root,
        runroot: configuration.runRoot,
        storage_driver: configuration.storageDriver,
      }),
      storage_option: configuration.storageOptions,
      api: {
        listen: configuration.listen,
        grpc_max_recv_msg_size: configuration.maxReceiveBytes,
        grpc_max_send_msg_size: configuration.maxSendBytes,
      },
      runtime: {
        ...defined({ cgroup_manager: configuration.cgroupManager, default_runtime: configuration.defaultRuntime }),
        log_level: configuration.logLevel,
        ...(runtimes.length > 0 && {
          runtimes: Object.fromEntries(runtimes.map(([name, path]) => [name, { runtime_path: path }])),
        }),
      },
      image: { pinned_images: configuration.pinnedImages },
      network: { network_dir: configuration.networkDirectory, plugin_dirs: configuration.pluginDirectories },
    },
  });
  return text.endsWith('\n') ? text : `${text}\n`;
}

function defined(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}
