/** fmt.Sprintf as far as templates use it: flags, widths, precisions, argument indexes, and Go's complaints inside the text. */
import { goQuote } from '../go-quote.ts';
import { exponentFloat, generalFloat, plainText } from './print.ts';
import { entriesOf, kindOf, typeName } from './values.ts';

interface Directive {
  readonly flags: string;
  readonly width: number | undefined;
  readonly precision: number | undefined;
  readonly verb: string;
}

const DIRECTIVE = /%([-+# 0]*)(?:\[(\d+)\])?(\*|\d+)?(?:(\.)(?:\[(\d+)\])?(\*|\d+)?)?(?:\[(\d+)\])?([^\d]?)/gu;

/** The flag of %+v, which names the fields of structs. */
const NAMES = 'v';

export function sprintf(format: string, values: readonly unknown[]): string {
  let next = 0;
  let reordered = false;
  const jump = (index: string | undefined) => {
    if (index === undefined) return;
    next = Number(index) - 1;
    reordered = true;
  };
  const star = (text: string | undefined) => {
    if (text !== '*') return text === undefined ? undefined : Number(text);
    return Number(values[next++]);
  };
  const text = format.replace(
    DIRECTIVE,
    (_, flags: string, forWidth, width, dot, forPrecision, precision, forValue, verb: string) => {
      jump(forWidth);
      const size = star(width);
      jump(forPrecision);
      const digits = dot === undefined ? undefined : (star(precision) ?? 0);
      jump(forValue);
      if (verb === '%') return '%';
      if (verb === '') return '%!(NOVERB)';
      if (next < 0 || (reordered && next >= values.length)) return `%!${verb}(BADINDEX)`;
      if (next >= values.length) return `%!${verb}(MISSING)`;
      const left = size !== undefined && size < 0 ? `${flags}-` : flags;
      return directed(values[next++], {
        // With %v a plus asks for the names of fields, not for the signs of numbers.
        flags: verb === 'v' ? left.replace('+', NAMES) : left,
        width: size === undefined ? undefined : Math.abs(size),
        precision: digits,
        verb,
      });
    },
  );
  if (reordered || next >= values.length) return text;
  const extra = values
    .slice(next)
    .map((value) => (value === null ? '<nil>' : `${typeName(value)}=${plainText(value)}`));
  return `${text}%!(EXTRA ${extra.join(', ')})`;
}

function directed(value: unknown, directive: Directive): string {
  const { verb } = directive;
  if (verb === 'T') return padded(value === null || value === undefined ? '<nil>' : typeName(value), directive);
  if (verb === 'v' && directive.flags.includes('#')) return padded(goSyntax(value), directive);
  switch (kindOf(value)) {
    case 'slice':
      if (verb === 'p') break;
      return `[${(value as readonly unknown[]).map((item) => directed(item, directive)).join(' ')}]`;
    case 'map':
      return `map[${entriesOf(value as object)
        .map(([key, item]) => `${directed(key, directive)}:${directed(item, directive)}`)
        .join(' ')}]`;
    case 'struct':
      return `{${entriesOf(value as object)
        .map(([key, item]) => (directive.flags.includes(NAMES) ? `${key}:` : '') + directed(item, directive))
        .join(' ')}}`;
    case 'nil':
    case 'invalid':
      return verb === 'v' ? padded('<nil>', directive) : `%!${verb}(<nil>)`;
    case 'bool':
      if (verb === 't' || verb === 'v') return padded(String(value), directive);
      break;
    case 'string':
      return stringText(value as string, directive) ?? complaint(value, verb);
    case 'int':
      return intText(value as number | bigint, directive) ?? complaint(value, verb);
    case 'float':
      return floatText(value as number, directive) ?? complaint(value, verb);
  }
  return complaint(value, verb);
}

function complaint(value: unknown, verb: string): string {
  return `%!${verb}(${typeName(value)}=${plainText(value)})`;
}

function stringText(value: string, directive: Directive): string | undefined {
  const { verb, precision, flags } = directive;
  const cut = precision === undefined ? value : [...value].slice(0, precision).join('');
  if (verb === 's' || verb === 'v') return padded(cut, directive);
  if (verb === 'q') return padded(flags.includes('#') && !/[`\n]/.test(cut) ? `\`${cut}\`` : goQuote(cut), directive);
  if (verb !== 'x' && verb !== 'X') return undefined;
  const bytes = Buffer.from(value).subarray(0, precision);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(flags.includes(' ') ? ' ' : '');
  const prefix = flags.includes('#') && hex !== '' ? '0x' : '';
  return padded(verb === 'X' ? (prefix + hex).toUpperCase() : prefix + hex, directive);
}

const BASES: Readonly<Record<string, readonly [base: number, prefix: string]>> = {
  d: [10, ''],
  v: [10, ''],
  b: [2, '0b'],
  o: [8, '0'],
  O: [8, '0o'],
  x: [16, '0x'],
  X: [16, '0X'],
};

function intText(value: number | bigint, directive: Directive): string | undefined {
  const { verb, flags, precision } = directive;
  if (verb === 'c') return padded(String.fromCodePoint(Number(value)), directive);
  if (verb === 'q') return padded(`'${String.fromCodePoint(Number(value))}'`, directive);
  if (verb === 'U') return padded(`U+${value.toString(16).toUpperCase().padStart(4, '0')}`, directive);
  const [base, prefix] = (Object.hasOwn(BASES, verb) ? BASES[verb] : undefined) ?? [];
  if (base === undefined || prefix === undefined) return undefined;
  const digits = (value < 0 ? -value : value).toString(base).padStart(precision ?? 1, '0');
  const shown = verb === 'X' ? digits.toUpperCase() : digits;
  const marked = flags.includes('#') || verb === 'O' ? prefix + shown : shown;
  return numberPadded(
    marked,
    value < 0,
    precision === undefined ? directive : { ...directive, flags: flags.replace('0', '') },
  );
}

function floatText(value: number, directive: Directive): string | undefined {
  const { verb, precision } = directive;
  const size = Math.abs(value);
  const upper = verb === verb.toUpperCase();
  let text: string;
  if (verb === 'f' || verb === 'F') text = size.toFixed(precision ?? 6);
  else if (verb === 'e' || verb === 'E') text = exponentFloat(size, precision ?? 6);
  else if (verb === 'g' || verb === 'G' || verb === 'v') text = generalFloat(size, precision ?? -1);
  else return undefined;
  return numberPadded(upper ? text.toUpperCase() : text, value < 0, directive);
}

/** `%#v`. */
function goSyntax(value: unknown): string {
  switch (kindOf(value)) {
    case 'string':
      return goQuote(value as string);
    case 'slice':
      return `${typeName(value)}{${(value as readonly unknown[]).map(goSyntax).join(', ')}}`;
    case 'map':
      return `${typeName(value)}{${entriesOf(value as object)
        .map(([key, item]) => `${goQuote(key)}:${goSyntax(item)}`)
        .join(', ')}}`;
    case 'struct':
      return `${typeName(value)}{${entriesOf(value as object)
        .map(([key, item]) => `${key}:${goSyntax(item)}`)
        .join(', ')}}`;
    default:
      return plainText(value);
  }
}

function numberPadded(digits: string, negative: boolean, { flags, width = 0 }: Directive): string {
  const sign = negative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
  if (flags.includes('-')) return (sign + digits).padEnd(width);
  if (flags.includes('0')) return sign + digits.padStart(width - sign.length, '0');
  return (sign + digits).padStart(width);
}

/** Widths count characters. */
function padded(text: string, { flags, width = 0 }: Directive): string {
  const missing = width - [...text].length;
  if (missing <= 0) return text;
  if (flags.includes('-')) return text + ' '.repeat(missing);
  return (flags.includes('0') ? '0' : ' ').repeat(missing) + text;
}
