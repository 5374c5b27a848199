/** Sizes as flags and containers.conf write them: a number with b, k, m, g, t or p, to the base of 1024. */
import { ContainerError } from './errors.ts';

const units = 'bkmgtp';

/** Bytes. Throws ContainerError `INVALID`. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([bkmgtp])?i?b?$/i.exec(text.trim());
  if (!match) throw new ContainerError('INVALID', `invalid size: '${text}'`);
  const power = match[2] === undefined ? 0 : units.indexOf(match[2].toLowerCase());
  return Math.floor(Number(match[1]) * 1024 ** power);
}
