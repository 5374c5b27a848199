/** What a network is, whichever backend makes it; keys are those of netavark's files and of `podman network inspect`. */
export interface NetworkDefinition {
  readonly name: string;
  /** 64 hexadecimal digits. */
  readonly id: string;
  /** `bridge`, `macvlan`, `ipvlan` or a plugin's name. */
  readonly driver: string;
  readonly network_interface?: string;
  /** RFC 3339. */
  readonly created: string;
  readonly subnets?: readonly NetworkSubnet[];
  readonly routes?: readonly NetworkRoute[];
  readonly ipv6_enabled: boolean;
  readonly internal: boolean;
  readonly dns_enabled: boolean;
  readonly network_dns_servers?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly options?: Readonly<Record<string, string>>;
  readonly ipam_options?: Readonly<Record<string, string>>;
}

export interface NetworkSubnet {
  readonly subnet: string;
  readonly gateway?: string;
  readonly lease_range?: { readonly start_ip?: string; readonly end_ip?: string };
}

export interface NetworkRoute {
  readonly destination: string;
  readonly gateway: string;
  readonly metric?: number;
}

/** The network that is there without having been made. */
export const DEFAULT_NETWORK = 'podman';
export const DEFAULT_NETWORK_ID = '2f259bab93aaaaa2542ba43ef33eb990d0999ee1b9924b557b7be53c0b7a1bb9';
