/** What is kept of a volume. */

export interface VolumeRecord {
  readonly name: string;
  /** `image`: its content is that of the image that the option `image` names. */
  readonly driver: 'local' | 'image';
  /** As given: `type`, `device`, `o`. */
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** RFC 3339 with nanoseconds. */
  readonly created: string;
  /** Made for one container, and removed with it by `rm -v`. */
  readonly anonymous: boolean;
  /** The container that an anonymous one was made for. */
  readonly container?: string;
  /** Asked for by `uid=` and `gid=`. */
  readonly uid?: number;
  readonly gid?: number;
  /** No container has used it yet: the first one fills it from its image. */
  readonly needsCopyUp: boolean;
  /** No container has used it yet: it shall belong to the first one's user. */
  readonly needsChown: boolean;
}

/** A volume as a container uses it. */
export interface ContainerVolume {
  readonly name: string;
  readonly destination: string;
  readonly anonymous: boolean;
  readonly options: readonly string[];
  readonly subpath?: string;
}

/** Whether something has to be mounted on a volume's folder before it can be used. */
export function needsMount({ driver, options }: Pick<VolumeRecord, 'driver' | 'options'>): boolean {
  return (
    driver === 'image' || options['type'] !== undefined || options['device'] !== undefined || hasMountOptions(options)
  );
}

function hasMountOptions(options: Readonly<Record<string, string>>): boolean {
  return (options['o'] ?? '').split(',').some((option) => option !== '' && !OWN_OPTIONS.test(option));
}

/** Of `o=`: ours, not mount(8)'s. */
export const OWN_OPTIONS: RegExp = /^(uid|gid)=\d+$|^(copy|nocopy|noquota)$/;
