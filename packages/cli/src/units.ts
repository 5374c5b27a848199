/** Sizes and times for people (docker/go-units). */

/** Decimal units with up to `digits` digits: `2.13 MB` with a blank between. */
export function humanSize(bytes: number, { digits = 4, blank = '' }: { digits?: number; blank?: string } = {}): string {
  const names = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < names.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${shortest(size, digits)}${blank}${names[unit]}`;
}

/** Go's `%.ng`. */
export function shortest(value: number, digits: number): string {
  if (value === 0) return '0';
  const exponent = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(digits)))));
  if (exponent < -4 || exponent >= digits) {
    const [mantissa = '', power = ''] = value.toExponential(digits - 1).split('e');
    const trimmed = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
    return `${trimmed}e${power.startsWith('-') ? '-' : '+'}${power.replace(/^[+-]/, '').padStart(2, '0')}`;
  }
  return String(Number(value.toPrecision(digits)));
}

/** `Less than a second`, `3 minutes`, `4 years`; milliseconds in. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${seconds} seconds`;
  const minutes = Math.floor(seconds / 60);
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  const hours = Math.floor(minutes / 60 + 0.5);
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  const wholeHours = Math.floor(minutes / 60);
  if (wholeHours < 24 * 7 * 2) return `${Math.floor(wholeHours / 24)} days`;
  if (wholeHours < 24 * 30 * 2) return `${Math.floor(wholeHours / 24 / 7)} weeks`;
  if (wholeHours < 24 * 365 * 2) return `${Math.floor(wholeHours / 24 / 30)} months`;
  return `${Math.floor(wholeHours / 24 / 365)} years`;
}
