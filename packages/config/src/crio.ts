/**
 * crio.conf and its drop-ins: one file, then every file of the drop-in folder in lexical order, tables merged key by
 * key, the later one winning.
 *
 * Each key that is set is either honoured, known but without an effect yet, or unknown; the last two are reported, so
 * that a caller can say so in the log. A file that isn't TOML, or a value of the wrong type, is an error.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export interface CrioConfiguration {
  readonly root: string | undefined;
  readonly runRoot: string | undefined;
  readonly storageDriver: string | undefined;
  readonly storageOptions: readonly string[];
  readonly listen: string;
  /** Bytes. */
  readonly maxReceiveBytes: number;
  readonly maxSendBytes: number;
  readonly cgroupManager: 'systemd' | 'cgroupfs' | undefined;
  readonly defaultRuntime: string | undefined;
  /** Runtime name → path; '' where the file leaves it to a search. */
  readonly runtimePaths: Readonly<Record<string, string>>;
  readonly networkDirectory: string;
  readonly pluginDirectories: readonly string[];
  readonly pinnedImages: readonly string[];
  readonly logLevel: string;
  /** Set keys that this version knows but doesn't act on yet: `crio.runtime.pids_limit`. */
  readonly withoutEffect: readonly string[];
  /** Set keys that no version knows. */
  readonly unknown: readonly string[];
}

export interface CrioFiles {
  /** Default: /etc/crio/crio.conf; a missing default file is no error, a missing named one is. */
  readonly file?: string;
  /** Default: /etc/crio/crio.conf.d. */
  readonly directory?: string;
}

export class CrioConfigurationError extends Error {
  override readonly name = 'CrioConfigurationError';
  readonly code = 'CRIO_CONFIGURATION_INVALID';
}

const DEFAULT_FILE = '/etc/crio/crio.conf';
const DEFAULT_DIRECTORY = '/etc/crio/crio.conf.d';
const DEFAULT_SOCKET = '/var/run/crio/crio.sock';
const DEFAULT_MESSAGE_BYTES = 80 * 1024 * 1024;

type Table = Record<string, unknown>;

/** Keys of each table that have an effect. */
const honoured: Readonly<Record<string, readonly string[]>> = {
  crio: ['root', 'runroot', 'storage_driver', 'storage_option'],
  'crio.api': ['listen', 'grpc_max_recv_msg_size', 'grpc_max_send_msg_size'],
  'crio.runtime': ['cgroup_manager', 'default_runtime', 'log_level'],
  'crio.image': ['pinned_images'],
  'crio.network': ['network_dir', 'plugin_dirs', 'plugin_dir'],
};

/** Keys of each table that CRI-O knows beyond those. */
const known: Readonly<Record<string, string>> = {
  crio: 'imagestore log_dir version_file version_file_persist clean_shutdown_file internal_wipe internal_repair',
  'crio.api':
    'stream_address stream_port stream_enable_tls stream_tls_cert stream_tls_key stream_tls_ca stream_idle_timeout tls_min_version tls_cipher_suites',
  'crio.runtime':
    'no_pivot selinux log_to_journald drop_infra_ctr read_only conmon conmon_cgroup conmon_env hooks_dir default_capabilities add_inheritable_capabilities default_env min_injected_gomaxprocs default_sysctls default_ulimits allowed_devices additional_devices cdi_spec_dirs device_ownership_from_security_context decryption_keys_path additional_artifact_stores seccomp_profile privileged_seccomp_profile apparmor_profile blockio_config_file blockio_reload irqbalance_config_file irqbalance_config_restore_file rdt_config_file default_mounts_file container_exits_dir container_attach_socket_dir bind_mount_prefix uid_mappings gid_mappings minimum_mappable_uid minimum_mappable_gid log_filter namespaces_dir pinns_path enable_criu_support pids_limit log_size_max ctr_stop_timeout separate_pull_cgroup infra_ctr_cpuset shared_cpuset absent_mount_sources_to_reject enable_pod_events hostnetwork_disable_selinux disable_hostport_mapping timezone',
  'crio.image':
    'default_transport global_auth_file namespaced_auth_dir pause_image pause_image_auth_file pause_command signature_policy signature_policy_dir insecure_registries image_volumes big_files_temporary_dir auto_reload_registries pull_progress_timeout oci_artifact_mount_support short_name_mode',
  'crio.network': 'cni_default_network cni_status_grace_period',
  'crio.metrics': 'enable_metrics metrics_collectors metrics_host metrics_port metrics_socket metrics_cert metrics_key',
  'crio.tracing': 'enable_tracing tracing_endpoint tracing_sampling_rate_per_million',
  'crio.stats': 'stats_collection_period collection_period included_pod_metrics',
  'crio.checkpoint_restore': 'container_level_enabled',
  'crio.nri':
    'enable_nri nri_listen nri_plugin_dir nri_plugin_config_dir nri_plugin_registration_timeout nri_plugin_request_timeout nri_disable_connections',
};
/** Tables whose keys are names given by the administrator. */
const open = ['crio.runtime.runtimes', 'crio.runtime.workloads', 'crio.nri.default_validator'];

/** Reads the files. Throws {@link CrioConfigurationError} naming the file and the key. */
export async function readCrioConfiguration(files: CrioFiles = {}): Promise<CrioConfiguration> {
  const { parse } = await import('smol-toml');
  const merged: Table = {};
  const sources = new Map<string, string>();
  for (const path of configurationFiles(files)) {
    let table: Table;
    try {
      table = parse(readFileSync(path, 'utf8')) as Table;
    } catch (error) {
      throw new CrioConfigurationError(`${path}: ${(error as Error).message}`, { cause: error });
    }
    merge(merged, table, '', path, sources);
  }
  const read = new Reader(merged, sources);
  const runtimes = read.table('crio.runtime.runtimes');
  return {
    root: read.text('crio.root'),
    runRoot: read.text('crio.runroot'),
    storageDriver: read.text('crio.storage_driver'),
    storageOptions: read.texts('crio.storage_option') ?? [],
    listen: read.text('crio.api.listen') ?? DEFAULT_SOCKET,
    maxReceiveBytes: read.size('crio.api.grpc_max_recv_msg_size') ?? DEFAULT_MESSAGE_BYTES,
    maxSendBytes: read.size('crio.api.grpc_max_send_msg_size') ?? DEFAULT_MESSAGE_BYTES,
    cgroupManager: read.oneOf('crio.runtime.cgroup_manager', ['systemd', 'cgroupfs']),
    defaultRuntime: read.text('crio.runtime.default_runtime'),
    runtimePaths: Object.fromEntries(
      Object.keys(runtimes).map((name) => [name, read.text(`crio.runtime.runtimes.${name}.runtime_path`) ?? '']),
    ),
    networkDirectory: read.text('crio.network.network_dir') ?? '/etc/cni/net.d',
    pluginDirectories: pluginDirectories(read),
    pinnedImages: read.texts('crio.image.pinned_images') ?? [],
    logLevel:
      read.oneOf('crio.runtime.log_level', ['fatal', 'panic', 'error', 'warn', 'info', 'debug', 'trace']) ?? 'info',
    ...report([...sources.keys()]),
  };
}

/** Upstream's default is /opt/cni/bin; distributions put their plugins elsewhere. */
function pluginDirectories(read: Reader): string[] {
  const named = [
    ...(read.texts('crio.network.plugin_dirs') ?? []),
    ...[read.text('crio.network.plugin_dir') ?? []].flat(),
  ];
  return named.length > 0 ? named : ['/opt/cni/bin', '/usr/lib/cni', '/usr/libexec/cni'];
}

function configurationFiles({ file, directory = DEFAULT_DIRECTORY }: CrioFiles): string[] {
  const main = file ?? DEFAULT_FILE;
  if (file !== undefined && !existsSync(file)) throw new CrioConfigurationError(`${file}: no such file`);
  const dropIns = existsSync(directory)
    ? readdirSync(directory)
        .sort()
        .map((name) => `${directory}/${name}`)
    : [];
  return [...(existsSync(main) ? [main] : []), ...dropIns];
}

function merge(into: Table, from: Table, prefix: string, path: string, sources: Map<string, string>): void {
  for (const [key, value] of Object.entries(from)) {
    const name = prefix === '' ? key : `${prefix}.${key}`;
    if (isTable(value)) {
      if (!isTable(into[key])) into[key] = {};
      merge(into[key] as Table, value, name, path, sources);
    } else {
      into[key] = value;
      sources.set(name, path);
    }
  }
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function report(keys: readonly string[]): { withoutEffect: string[]; unknown: string[] } {
  const withoutEffect: string[] = [];
  const unknown: string[] = [];
  for (const key of keys) {
    if (/^crio\.runtime\.runtimes\.[^.]+\.runtime_path$/.test(key)) continue;
    const table = key.slice(0, key.lastIndexOf('.'));
    const name = key.slice(table.length + 1);
    if (honoured[table]?.includes(name)) continue;
    const isKnown = known[table]?.split(' ').includes(name) || open.some((one) => key.startsWith(`${one}.`));
    (isKnown ? withoutEffect : unknown).push(key);
  }
  return { withoutEffect, unknown };
}

/** Typed access that names file and key when a value isn't what it must be. */
class Reader {
  readonly #root: Table;
  readonly #sources: ReadonlyMap<string, string>;

  constructor(root: Table, sources: ReadonlyMap<string, string>) {
    this.#root = root;
    this.#sources = sources;
  }

  text(key: string): string | undefined {
    return this.#typed(key, 'a text', (value): value is string => typeof value === 'string') || undefined;
  }

  texts(key: string): string[] | undefined {
    return this.#typed(
      key,
      'a list of texts',
      (value): value is string[] => Array.isArray(value) && value.every((one) => typeof one === 'string'),
    );
  }

  /** A positive number of bytes; 0 leaves the default, as upstream. */
  size(key: string): number | undefined {
    return (
      this.#typed(
        key,
        'a number of bytes',
        (value): value is number => Number.isSafeInteger(value) && Number(value) >= 0,
      ) || undefined
    );
  }

  oneOf<T extends string>(key: string, values: readonly T[]): T | undefined {
    return this.#typed(key, `one of ${values.join(', ')}`, (value): value is T => values.includes(value as T));
  }

  table(key: string): Table {
    const value = this.#get(key);
    return isTable(value) ? value : {};
  }

  #typed<T>(key: string, what: string, is: (value: unknown) => value is T): T | undefined {
    const value = this.#get(key);
    if (value === undefined) return undefined;
    if (!is(value))
      throw new CrioConfigurationError(`${this.#sources.get(key) ?? 'crio.conf'}: ${key} must be ${what}`);
    return value;
  }

  #get(key: string): unknown {
    return key.split('.').reduce<unknown>((value, part) => (isTable(value) ? value[part] : undefined), this.#root);
  }
}
