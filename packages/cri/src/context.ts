/** What every RPC handler is given. Nothing is cached in it: state is in the store, so that the server may die at any moment. */
import type { Store } from '@lighter/storage/store-types';

export interface CriContext {
  /** `1.36.0`: the level of CRI-O that this answers as. */
  readonly version: string;
  readonly store: Store;
  readonly cgroupDriver: 'systemd' | 'cgroupfs';
  /** Where CNI configurations are looked for. */
  readonly networkDirectory: string;
  /** Where CNI plugins are looked for, in order. */
  readonly pluginDirectories: readonly string[];
  /** Path of the default runtime, or undefined when none was found. */
  readonly runtimePath: string | undefined;
  /** Images that the kubelet's garbage collection must leave alone: exact names, or patterns with `*` at the ends. */
  readonly pinnedImages: readonly string[];
}

/** A handler answers one unary RPC; a thrown {@link RpcError} becomes its gRPC status, anything else UNKNOWN. */
export type Handler<Request, Response> = (request: Request, context: CriContext) => Promise<Response> | Response;
