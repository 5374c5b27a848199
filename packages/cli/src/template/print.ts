/** Values as Go's fmt prints them by default (`%v`). */
import { entriesOf, kindOf } from './values.ts';

/** What an action prints. */
export function actionText(value: unknown): string {
  return value === undefined ? '<no value>' : plainText(value);
}

/** `[a b]` for lists, `map[k:v]` for maps, `{a b}` for structs. */
export function plainText(value: unknown): string {
  switch (kindOf(value)) {
    case 'invalid':
    case 'nil':
      return '<nil>';
    case 'slice':
      return `[${(value as readonly unknown[]).map(plainText).join(' ')}]`;
    case 'map':
      return `map[${entriesOf(value as object)
        .map(([key, item]) => `${key}:${plainText(item)}`)
        .join(' ')}]`;
    case 'struct':
      return `{${entriesOf(value as object)
        .map(([, item]) => plainText(item))
        .join(' ')}}`;
    case 'float':
      return generalFloat(value as number, -1);
    default:
      return String(value);
  }
}

/** fmt.Sprint: blanks between values that aren't texts. */
export function sprint(values: readonly unknown[]): string {
  return values
    .map((value, index) => {
      const apart = index > 0 && typeof value !== 'string' && typeof values[index - 1] !== 'string';
      return (apart ? ' ' : '') + plainText(value);
    })
    .join('');
}

/** `%g`: with an exponent where that is below -4 or not below the precision; precision -1 takes as many digits as it needs. */
export function generalFloat(value: number, precision: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const digits = precision < 0 ? undefined : Math.max(precision, 1) - 1;
  const [mantissa = '', power = '0'] = value.toExponential(digits).split('e');
  const exponent = Number(power);
  const limit = precision < 0 ? 6 : Math.max(precision, 1);
  if (exponent < -4 || exponent >= limit) return withExponent(trimmed(mantissa), exponent);
  const shown = mantissa.replace(/[-.]/g, '').length - 1;
  return trimmed(value.toFixed(Math.max(0, shown - exponent)));
}

/** `%e`. */
export function exponentFloat(value: number, precision: number): string {
  const [mantissa = '', power = '0'] = value.toExponential(precision).split('e');
  return withExponent(mantissa, Number(power));
}

function withExponent(mantissa: string, exponent: number): string {
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function trimmed(number: string): string {
  return number.includes('.') ? number.replace(/\.?0+$/, '') : number;
}
