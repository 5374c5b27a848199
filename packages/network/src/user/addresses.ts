/** The address with this number in an IPv4 network: 100 in `10.0.2.0/24` is `10.0.2.100`. */
export function addressIn(cidr: string, number: number): string {
  const base = (cidr.split('/')[0] ?? '').split('.').map(Number);
  const value = base.reduce((sum, part) => sum * 256 + part, 0) + number;
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}
