import type { TestContext } from 'node:test';
export interface RegistryOptions {
  /** Ask for this user and password (bcrypt by htpasswd). */
  readonly basic?: {
    readonly username: string;
    readonly password: string;
  };
  /** Serve HTTPS with a certificate of an authority made for this registry. */
  readonly tls?: boolean;
  /** Refuse clients without a certificate of the same authority. */
  readonly clientCertificates?: boolean;
  /** Send clients to this token server. */
  readonly token?: {
    readonly realm: string;
    readonly service: string;
    readonly issuer: string;
    readonly certificate: string;
  };
}
export interface Registry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** PEM file of the authority, when TLS is on. */
  readonly authority?: string;
  /** Client certificate and key files, when client certificates are on. */
  readonly client?: {
    readonly certificate: string;
    readonly key: string;
  };
  /** Where the registry keeps its blobs. */
  readonly storage: string;
  readonly pid: number;
}
/** Starts a registry that ends with the test. */
export declare function startRegistry(
  context: Pick<TestContext, 'after'>,
  options?: RegistryOptions,
): Promise<Registry>;
