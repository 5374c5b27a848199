export interface SampleOptions {
  /** Text that makes this image's layers and id its own. */
  readonly mark?: string;
  /** Further layers, each one file `/layer-N` with the mark in it. */
  readonly extraLayers?: number;
  readonly compression?: 'gzip' | 'none' | 'zstd';
  /** Parameters of the image's config; default `{Cmd: ['sh'], Env: [PATH]}`. */
  readonly config?: Readonly<Record<string, unknown>>;
}
export interface Sample {
  /** `PATH:latest`, to be used behind `oci:`. */
  readonly layout: string;
  readonly manifestDigest: string;
  readonly configDigest: string;
  readonly diffIds: readonly string[];
}
/** Makes a busybox image (a layer of about 2 MB) as an OCI layout in `directory`, which mustn't exist. */
export declare function makeSample(directory: string, options?: SampleOptions): Promise<Sample>;
/** Copies a layout into a registry with the distribution's skopeo. */
export declare function pushSample(sample: Sample, reference: string): Promise<void>;
