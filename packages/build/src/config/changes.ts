/** Changes of a working container's configuration, as the flags of `buildah config` name them. */
export interface ConfigChanges {
  readonly author?: string;
  /** Text of the next commit's history entry. */
  readonly createdBy?: string;
  readonly historyComment?: string;
  readonly architecture?: string;
  readonly variant?: string;
  readonly os?: string;
  readonly osVersion?: string;
  /** `F` adds, `F-` removes, `-` clears. */
  readonly osFeatures?: readonly string[];
  readonly user?: string;
  /** Split into words as a shell would. */
  readonly shell?: string;
  readonly stopSignal?: string;
  /** `80/tcp` adds, `80/tcp-` removes, anything starting with `-` clears. Stored as given. */
  readonly ports?: readonly string[];
  /** `K=V`, `K` (the caller's value), `K-`, `-`. `$X` in V is the container's value so far. */
  readonly env?: readonly string[];
  /** A JSON list, or a text for `/bin/sh -c`. Blank: none. */
  readonly entrypoint?: string;
  /** A JSON list, or a text split into words. Blank: none. */
  readonly cmd?: string;
  /** `/v` adds, `/v-` removes, `-` clears. */
  readonly volumes?: readonly string[];
  /** Words of the test: `CMD true`, `CMD-SHELL x`, `NONE`; blank removes the check. */
  readonly healthcheck?: string;
  /** Durations in nanoseconds. */
  readonly healthcheckInterval?: number;
  readonly healthcheckTimeout?: number;
  readonly healthcheckStartPeriod?: number;
  readonly healthcheckStartInterval?: number;
  readonly healthcheckRetries?: number;
  /** `K=V`, `K` (empty value), `K-`, `-`. */
  readonly labels?: readonly string[];
  readonly unsetLabels?: readonly string[];
  /** As labels. */
  readonly annotations?: readonly string[];
  readonly unsetAnnotations?: readonly string[];
  readonly workingDirectory?: string;
  readonly comment?: string;
  readonly domainname?: string;
  readonly hostname?: string;
  readonly onBuild?: readonly string[];
  /** Record each instruction as an empty layer of the history. */
  readonly addHistory?: boolean;
}

/** What changing a configuration may need from outside, and where it says what was odd. */
export interface ConfigEnvironment {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: Date;
  readonly warn: (message: string) => void;
  /** A fault that doesn't stop the change. */
  readonly error: (message: string) => void;
}
