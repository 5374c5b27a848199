/** Limits of single block devices: `--blkio-weight-device`, `--device-read-bps` and their like. */
import { S_IFBLK, S_IFMT } from '@lighter/linux/constants';
import { linux } from '@lighter/linux/native';
import type { Resources } from '@lighter/spec/runtime';
import { ContainerError } from './errors.ts';
import { parseSize } from './sizes.ts';

/** Each `PATH:VALUE`. */
export interface BlockIoOptions {
  readonly weightDevice?: readonly string[];
  readonly readBps?: readonly string[];
  readonly writeBps?: readonly string[];
  readonly readIops?: readonly string[];
  readonly writeIops?: readonly string[];
}

type BlockIo = NonNullable<Resources['blockIO']>;

export function blockIoLimits(options: BlockIoOptions): BlockIo {
  const bytes = (texts: readonly string[]) => texts.map((text) => throttle(text, parseSize));
  const count = (texts: readonly string[]) => texts.map((text) => throttle(text, Number));
  return {
    ...(options.weightDevice ? { weightDevice: options.weightDevice.map(weight) } : {}),
    ...(options.readBps ? { throttleReadBpsDevice: bytes(options.readBps) } : {}),
    ...(options.writeBps ? { throttleWriteBpsDevice: bytes(options.writeBps) } : {}),
    ...(options.readIops ? { throttleReadIOPSDevice: count(options.readIops) } : {}),
    ...(options.writeIops ? { throttleWriteIOPSDevice: count(options.writeIops) } : {}),
  };
}

function throttle(text: string, parse: (value: string) => number) {
  const [device, value] = taken(text);
  const rate = parse(value);
  if (!Number.isInteger(rate) || rate < 0) throw new ContainerError('INVALID', `invalid rate for device: ${text}`);
  return { ...device, rate };
}

function weight(text: string) {
  const [device, value] = taken(text);
  const number = Number(value);
  if (!Number.isInteger(number) || (number !== 0 && (number < 10 || number > 1000))) {
    throw new ContainerError('INVALID', `invalid weight for device: ${text}`);
  }
  return { ...device, weight: number };
}

function taken(text: string): [device: { major: number; minor: number }, value: string] {
  const colon = text.lastIndexOf(':');
  const path = text.slice(0, colon);
  if (colon < 1 || !path.startsWith('/dev/'))
    throw new ContainerError('INVALID', `bad format for device path: ${text}`);
  let status: ReturnType<typeof linux.lstat>;
  try {
    status = linux.lstat(path);
  } catch (cause) {
    throw new ContainerError('INVALID', `could not parse throttle device at ${path}: ${(cause as Error).message}`, {
      cause,
    });
  }
  if ((status.mode & S_IFMT) !== S_IFBLK)
    throw new ContainerError('INVALID', `could not parse throttle device at ${path}: not a block device`);
  return [{ major: status.rdevMajor, minor: status.rdevMinor }, text.slice(colon + 1)];
}
