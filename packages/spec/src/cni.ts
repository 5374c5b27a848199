/** Container Network Interface, specification 1.1: configuration, results and errors as JSON. */

/** What a plugin is asked to do (CNI_COMMAND). */
export type CniCommand = 'ADD' | 'DEL' | 'CHECK' | 'VERSION' | 'GC' | 'STATUS';

/** One plugin of a list; every key beyond `type` is the plugin's own business. */
export interface CniPluginConfig {
  readonly type: string;
  readonly capabilities?: Readonly<Record<string, boolean>>;
  readonly [key: string]: unknown;
}

/** A network as a file `*.conflist` describes it (section 1, "Network configuration format"). */
export interface CniNetworkList {
  readonly cniVersion?: string;
  /** Versions to choose from since 1.1, besides `cniVersion`. */
  readonly cniVersions?: readonly string[];
  readonly name: string;
  readonly disableCheck?: boolean;
  readonly disableGC?: boolean;
  readonly plugins: readonly CniPluginConfig[];
  /** Further keys, podman's `args` for example. */
  readonly [key: string]: unknown;
}

export interface CniInterface {
  readonly name: string;
  readonly mac?: string;
  readonly mtu?: number;
  /** Path of the namespace, absent for interfaces of the host. */
  readonly sandbox?: string;
}

export interface CniIp {
  /** With prefix length. */
  readonly address: string;
  readonly gateway?: string;
  /** Index into `interfaces`. */
  readonly interface?: number;
}

export interface CniRoute {
  readonly dst: string;
  readonly gw?: string;
}

export interface CniDns {
  readonly nameservers?: readonly string[];
  readonly domain?: string;
  readonly search?: readonly string[];
  readonly options?: readonly string[];
}

/** Success result of ADD in the form of 1.0.0 (section 5, "Result types"). */
export interface CniResult {
  readonly cniVersion: string;
  readonly interfaces?: readonly CniInterface[];
  readonly ips?: readonly CniIp[];
  readonly routes?: readonly CniRoute[];
  readonly dns?: CniDns;
}

/** Error result (section 5, "Error"); codes from 100 on are the plugin's own. */
export interface CniErrorResult {
  readonly cniVersion?: string;
  readonly code: number;
  readonly msg: string;
  readonly details?: string;
}
