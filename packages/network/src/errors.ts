/** What can go wrong when a container is connected to networks. */

export type NetworkErrorCode =
  /** No network of that name. */
  | 'NETWORK_UNKNOWN'
  /** The name is taken. */
  | 'NETWORK_EXISTS'
  /** Containers are connected to it. */
  | 'NETWORK_IN_USE'
  /** Another container has the address, or there are none left. */
  | 'ADDRESS_IN_USE'
  /** A configuration file that can't be used. */
  | 'CONFIG_INVALID'
  /** A plugin isn't installed. */
  | 'PLUGIN_MISSING'
  /** A plugin said no; the message holds its own words. */
  | 'PLUGIN_FAILED'
  /** Asked for something that isn't built yet. */
  | 'UNSUPPORTED'
  /** Some of a container's networks couldn't be taken down; `cause` is an AggregateError. */
  | 'TEARDOWN_INCOMPLETE';

export class NetworkError extends Error {
  override readonly name = 'NetworkError';
  readonly code: NetworkErrorCode;
  /** Error code of the CNI specification, where a plugin gave one. */
  readonly cniCode: number | undefined;

  constructor(code: NetworkErrorCode, message: string, options?: ErrorOptions & { readonly cniCode?: number }) {
    super(message, options);
    this.code = code;
    this.cniCode = options?.cniCode;
  }
}
