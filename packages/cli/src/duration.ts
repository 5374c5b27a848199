/** Durations in Go's notation, `1h15m30.5s`, in nanoseconds. */

import { goQuote } from './go-quote.ts';

const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** time.ParseDuration. Throws an Error with Go's text. */
export function parseDuration(text: string): number {
  const [, sign = '', rest = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (rest === '0') return 0;
  const part = /(\d+\.?\d*|\.\d+)([^\d.]+)/y;
  let total = 0;
  for (; part.lastIndex < rest.length; ) {
    const start = part.lastIndex;
    const [, number, unit = ''] = part.exec(rest) ?? [];
    if (number === undefined) {
      const missing = /^(?:\d+\.?\d*|\.\d+)$/.test(rest.slice(start));
      throw new Error(`time: ${missing ? 'missing unit in' : 'invalid'} duration ${goQuote(text)}`);
    }
    const scale = NANOSECONDS[unit];
    if (scale === undefined) throw new Error(`time: unknown unit ${goQuote(unit)} in duration ${goQuote(text)}`);
    total += Number(number) * scale;
  }
  if (rest === '' || total > 2 ** 63) throw new Error(`time: invalid duration ${goQuote(text)}`);
  return Math.round(sign === '-' ? -total : total);
}

/** time.Duration's String: `1h15m30.5s`, `300ms`, `0s`. */
export function formatDuration(nanoseconds: number): string {
  const value = Math.abs(Math.round(nanoseconds));
  const sign = nanoseconds < 0 ? '-' : '';
  if (value === 0) return '0s';
  if (value < 1e3) return `${sign}${value}ns`;
  if (value < 1e6) return `${sign}${value / 1e3}µs`;
  if (value < 1e9) return `${sign}${value / 1e6}ms`;
  const hours = Math.floor(value / 3600e9);
  const minutes = Math.floor(value / 60e9) % 60;
  const whole = Math.floor(value / 1e9) % 60;
  const fraction =
    value % 1e9 === 0
      ? ''
      : `.${String(value % 1e9)
          .padStart(9, '0')
          .replace(/0+$/, '')}`;
  const larger = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : '';
  return `${sign}${larger}${whole}${fraction}s`;
}
