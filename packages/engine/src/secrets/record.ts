/** Secrets as the Go tool keeps them in `secrets.json`; keys are the file's. */
export interface SecretRecord {
  readonly name: string;
  /** 25 hexadecimal digits. */
  readonly id: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly metadata?: Readonly<Record<string, string>>;
  /** RFC 3339 with nanoseconds. */
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly driver: string;
  readonly driverOptions: Readonly<Record<string, string>>;
}

/** How a container gets a secret. */
export type ContainerSecret =
  | {
      readonly kind: 'mount';
      readonly id: string;
      readonly name: string;
      /** Absolute path in the container. */
      readonly target: string;
      readonly uid: number;
      readonly gid: number;
      readonly mode: number;
    }
  /** Read at each start, so that it is in no file of the container's. */
  | { readonly kind: 'env'; readonly id: string; readonly name: string; readonly target: string };
