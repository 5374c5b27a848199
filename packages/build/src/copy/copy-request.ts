/** What `buildah copy` and `add` can be asked for. */
export interface CopyRequest {
  /** Paths or patterns (`*`, `?`, `[a-z]`, `**`), below `context`. */
  readonly sources: readonly string[];
  /** Where in the container; relative paths start at its working directory, which is also the default. */
  readonly destination?: string;
  /** Folder that no source leads out of, whatever links say. */
  readonly context: string;
  /** `user[:group]`, names looked up in the container. Default: root, or the sources' own with `preserveOwner`. */
  readonly chown?: string;
  /** Octal digits. */
  readonly chmod?: string;
  /** The sources are in another container: owners count. */
  readonly preserveOwner?: boolean;
  /** Archives are unpacked (`add`). */
  readonly unpack?: boolean;
  /** Seconds since 1970 that everything copied gets. */
  readonly timestamp?: number;
  readonly warn?: (message: string) => void;
  readonly signal?: AbortSignal;
}

/** How history and build cache know the content. */
export interface ContentSummary {
  readonly kind: 'file' | 'dir' | 'multi';
  /** 64 hex digits. */
  readonly hex: string;
}
