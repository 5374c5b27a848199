/** Lines of a container's log in the form of Kubernetes' CRI: `TIME STREAM TAG MESSAGE`. */

export interface LogLine {
  /** RFC 3339 with nanoseconds and offset, as written. */
  readonly time: string;
  readonly stream: 'stdout' | 'stderr';
  /** Not ended by a newline: the next line goes on. */
  readonly partial: boolean;
  readonly message: Uint8Array;
}

const SPACE = 0x20;

/** Undefined for what isn't such a line. `data` is without its newline. */
export function parseLogLine(data: Buffer): LogLine | undefined {
  const first = data.indexOf(SPACE);
  const second = data.indexOf(SPACE, first + 1);
  if (first < 1 || second < 0) return undefined;
  const third = data.indexOf(SPACE, second + 1);
  // An empty message may have lost the space before it.
  const end = third < 0 ? data.length : third;
  const time = data.toString('latin1', 0, first);
  const stream = data.toString('latin1', first + 1, second);
  const tags = data.toString('latin1', second + 1, end).split(':');
  if ((stream !== 'stdout' && stream !== 'stderr') || !/^\d{4}-\d\d-\d\dT/.test(time)) return undefined;
  return { time, stream, partial: tags[0] === 'P', message: data.subarray(Math.min(end + 1, data.length)) };
}

/** Nanoseconds since 1970 of an RFC 3339 text with up to nine digits of a fraction. */
export function timeNanoseconds(text: string): bigint {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (!match) return 0n;
  const seconds = Date.parse(`${match[1]}${match[3]}`) / 1000;
  return BigInt(seconds) * 1_000_000_000n + BigInt((match[2] ?? '').padEnd(9, '0'));
}
