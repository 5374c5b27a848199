/** Addresses and networks as numbers. */
import { isIPv4, isIPv6 } from 'node:net';
import { NetworkError } from '../errors.ts';

export interface Subnet {
  readonly version: 4 | 6;
  /** The network's own address. */
  readonly base: bigint;
  /** Length of the prefix. */
  readonly length: number;
}

/** Throws NetworkError `CONFIG_INVALID`. */
export function parseAddress(text: string): { readonly version: 4 | 6; readonly value: bigint } {
  if (isIPv4(text)) return { version: 4, value: text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n) };
  if (isIPv6(text)) return { version: 6, value: ipv6Value(text) };
  throw new NetworkError('CONFIG_INVALID', `invalid IP address ${JSON.stringify(text)}`);
}

function ipv6Value(text: string): bigint {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const plain = dotted ? `${dotted[1]}${hexadecimal(dotted[2] ?? '')}` : text;
  const [head = '', tail] = plain.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const middle = Array.from({ length: 8 - front.length - back.length }, () => '0');
  return [...front, ...middle, ...back].reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

function hexadecimal(dotted: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

export function formatAddress(version: 4 | 6, value: bigint): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(16 * (7 - index))) & 0xffffn).toString(16));
  // RFC 5952: the longest run of zeros, of two groups at least, is left out.
  const runs = [...groups.join(':').matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].sort((a, b) => b[0].length - a[0].length);
  const [longest] = runs;
  const text = groups.join(':');
  if (!longest) return text;
  return `${text.slice(0, longest.index)}::${text.slice(longest.index + longest[0].length).replace(/^:/, '')}`;
}

/** Host bits are cleared. Throws NetworkError `CONFIG_INVALID`. */
export function parseSubnet(text: string): Subnet {
  const [address = '', prefix = ''] = text.split('/');
  const { version, value } = parseAddress(address);
  const length = Number(prefix);
  const bits = version === 4 ? 32 : 128;
  if (!/^\d+$/.test(prefix) || length > bits) {
    throw new NetworkError('CONFIG_INVALID', `invalid CIDR address: ${text}`);
  }
  const host = BigInt(bits - length);
  return { version, base: (value >> host) << host, length };
}

export function formatSubnet({ version, base, length }: Subnet): string {
  return `${formatAddress(version, base)}/${length}`;
}

export function lastAddress({ version, base, length }: Subnet): bigint {
  return base + (1n << BigInt((version === 4 ? 32 : 128) - length)) - 1n;
}

export function contains(subnet: Subnet, address: string): boolean {
  const { version, value } = parseAddress(address);
  return version === subnet.version && value >= subnet.base && value <= lastAddress(subnet);
}

export function overlap(a: Subnet, b: Subnet): boolean {
  return a.version === b.version && a.base <= lastAddress(b) && b.base <= lastAddress(a);
}
