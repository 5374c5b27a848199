/**
 * The keys of containers.conf (containers.conf(5)) with their types and upstream's defaults. Keys keep the names they
 * have in the file.
 */

/** What kind of value a key takes. `later`: the key is known, but nothing is done with it yet. */
export interface Key<T> {
  readonly kind: 'text' | 'texts' | 'flag' | 'integer' | 'table' | 'lists' | 'values';
  readonly fallback: T;
  readonly later?: true;
}

const text = (fallback = ''): Key<string> => ({ kind: 'text', fallback });
const texts = (...fallback: string[]): Key<readonly string[]> => ({ kind: 'texts', fallback });
const flag = (fallback = false): Key<boolean> => ({ kind: 'flag', fallback });
const integer = (fallback: number): Key<number> => ({ kind: 'integer', fallback });
const optionalInteger: Key<number | undefined> = { kind: 'integer', fallback: undefined };
/** Name → text. */
const table: Key<Readonly<Record<string, string>>> = { kind: 'table', fallback: {} };
/** Name → texts. */
const lists: Key<Readonly<Record<string, readonly string[]>>> = { kind: 'lists', fallback: {} };
const later = <T>(key: Key<T>): Key<T> => ({ ...key, later: true });

export const containersSchema = {
  containers: {
    annotations: texts(),
    apparmor_profile: later(text('containers-default-0.64')),
    base_hosts_file: text(),
    cgroup_conf: texts(),
    cgroupns: text('private'),
    cgroups: text('enabled'),
    container_name_as_hostname: flag(),
    default_capabilities: texts(
      ...['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_FOWNER', 'CAP_FSETID', 'CAP_KILL', 'CAP_NET_BIND_SERVICE'],
      ...['CAP_SETFCAP', 'CAP_SETGID', 'CAP_SETPCAP', 'CAP_SETUID', 'CAP_SYS_CHROOT'],
    ),
    default_sysctls: texts(),
    default_ulimits: texts(),
    devices: texts(),
    dns_options: texts(),
    dns_searches: texts(),
    dns_servers: texts(),
    enable_labels: later(flag()),
    env: texts('PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'),
    env_host: flag(),
    host_containers_internal_ip: text(),
    http_proxy: flag(true),
    init: flag(),
    init_path: text(),
    interface_name: later(text()),
    ipcns: text('shareable'),
    keyring: flag(true),
    label: later(flag(true)),
    label_users: later(flag()),
    log_driver: text(),
    log_path: later(text()),
    log_size_max: integer(-1),
    log_tag: text(),
    mounts: texts(),
    netns: text('private'),
    no_hostname: flag(),
    no_hosts: flag(),
    oom_score_adj: optionalInteger,
    pidns: text('private'),
    pids_limit: integer(2048),
    prepare_volume_on_create: later(flag()),
    privileged: flag(),
    read_only: flag(),
    seccomp_profile: text(),
    shm_size: text('65536k'),
    tz: text(),
    umask: text('0022'),
    userns: text('host'),
    userns_size: integer(65536),
    utsns: text('private'),
    volumes: texts(),
  },
  engine: {
    active_service: later(text()),
    add_compression: later(texts()),
    cdi_spec_dirs: texts('/etc/cdi', '/var/run/cdi'),
    cgroup_check: later(flag()),
    cgroup_manager: text(),
    chown_copied_files: later(flag(true)),
    compat_api_enforce_docker_hub: later(flag(true)),
    compose_providers: later(texts()),
    compose_warning_logs: later(flag(true)),
    compression_format: later(text('gzip')),
    compression_level: later(optionalInteger),
    conmon_env_vars: later(texts()),
    conmon_path: texts(),
    conmonrs_path: later(texts()),
    database_backend: later(text('sqlite')),
    detach_keys: text('ctrl-p,ctrl-q'),
    enable_port_reservation: later(flag(true)),
    env: texts(),
    events_container_create_inspect_data: later(flag()),
    events_logfile_max_size: later(text('1m')),
    events_logfile_path: later(text()),
    events_logger: later(text()),
    exit_command_delay: later(integer(300)),
    healthcheck_events: later(flag(true)),
    helper_binaries_dir: texts(
      ...['/usr/local/libexec/podman', '/usr/local/lib/podman', '/usr/libexec/podman', '/usr/lib/podman'],
    ),
    hooks_dir: texts('/usr/share/containers/oci/hooks.d'),
    image_build_format: later(text('oci')),
    image_copy_tmp_dir: later(text('/var/tmp')),
    image_default_format: later(text()),
    image_default_transport: later(text('docker://')),
    image_parallel_copies: later(integer(0)),
    image_volume_mode: text('anonymous'),
    infra_command: later(text()),
    infra_image: later(text()),
    kube_generate_type: later(text('pod')),
    lock_type: later(text('shm')),
    multi_image_archive: later(flag()),
    namespace: later(text()),
    network_cmd_options: texts(),
    network_cmd_path: text(),
    no_pivot_root: flag(),
    num_locks: later(integer(2048)),
    platform_to_oci_runtime: later(table),
    pod_exit_policy: later(text('continue')),
    podmansh_timeout: later(integer(30)),
    pull_policy: text('missing'),
    remote: later(flag()),
    remote_identity: later(text()),
    remote_uri: later(text()),
    retry: later(integer(3)),
    retry_delay: later(text()),
    runtime: text(),
    runtime_supports_json: later(texts('crun', 'runc', 'kata', 'runsc', 'youki', 'krun', 'ocijail')),
    runtime_supports_kvm: later(texts()),
    runtime_supports_nocgroup: later(texts('crun', 'krun')),
    runtime_supports_nocgroups: later(texts('crun', 'krun')),
    runtimes: lists,
    runtimes_flags: lists,
    service_destinations: later(table),
    service_timeout: later(integer(5)),
    ssh_config: later(text()),
    static_dir: later(text()),
    stop_timeout: integer(10),
    tmp_dir: text(),
    volume_path: text(),
    volume_plugin_timeout: later(integer(5)),
    volume_plugins: later(table),
  },
  network: {
    cni_plugin_dirs: texts(
      ...['/usr/local/libexec/cni', '/usr/libexec/cni', '/usr/local/lib/cni', '/usr/lib/cni', '/opt/cni/bin'],
    ),
    default_host_ips: texts(),
    default_network: text('podman'),
    default_rootless_network_cmd: text('pasta'),
    default_subnet: text('10.88.0.0/16'),
    default_subnet_pools: { kind: 'values', fallback: [] } as Key<readonly unknown[]>,
    dns_bind_port: integer(0),
    firewall_driver: text(),
    netavark_plugin_dirs: later(
      texts('/usr/local/libexec/netavark', '/usr/libexec/netavark', '/usr/local/lib/netavark', '/usr/lib/netavark'),
    ),
    network_backend: text(),
    network_config_dir: text(),
    pasta_options: texts(),
  },
  secrets: {
    driver: text('file'),
    opts: table,
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Key<unknown>>>>>;

/** Tables that belong to programs we aren't; nothing in them is looked at. */
export const foreignTables: ReadonlySet<string> = new Set(['machine', 'farms', 'podmansh']);

type Schema = typeof containersSchema;
type ValueOf<K> = K extends Key<infer T> ? T : never;

/** Every table and key, with its value or its default. */
export type ContainersSettings = {
  readonly [T in keyof Schema]: { readonly [K in keyof Schema[T]]: ValueOf<Schema[T][K]> };
};
