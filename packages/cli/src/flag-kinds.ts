/**
 * Kinds of flags, by what their values are. A flag that isn't given has the value undefined, so that its default may come
 * from a configuration file; `defaultText` only tells the help what that default is.
 */

import { parseCsvRecord } from './csv.ts';
import { parseDuration } from './duration.ts';
import { goQuote } from './go-quote.ts';

export interface FlagKind<T> {
  /** One letter. */
  readonly short?: string;
  /** A part in backquotes names the value, as with pflag: `` use `DIR` for … ``. */
  readonly description: string;
  /** Name of the value in the help; '' for booleans. */
  readonly valueName: string;
  /** Taken when the flag stands without `=value`; such a flag never takes the next argument. */
  readonly implied?: string;
  /** Not shown in the help. */
  readonly hidden?: boolean;
  /** What the help says the default is; texts in quotes already. */
  readonly defaultText?: string;
  /** The words it accepts, for completion. */
  readonly words?: readonly string[];
  /** The value after one more occurrence. Throws an Error that says why the text makes no sense. */
  readonly add: (text: string, before: T | undefined) => T;
}

export interface FlagOptions {
  readonly short?: string;
  readonly hidden?: boolean;
  readonly implied?: string;
  readonly valueName?: string;
  readonly defaultText?: string;
  readonly words?: readonly string[];
}

const YES = ['1', 't', 'T', 'true', 'TRUE', 'True'];
const NO = ['0', 'f', 'F', 'false', 'FALSE', 'False'];

export function bool(description: string, options: FlagOptions = {}): FlagKind<boolean> {
  return {
    ...options,
    description,
    valueName: '',
    implied: 'true',
    add(text) {
      if (YES.includes(text)) return true;
      if (NO.includes(text)) return false;
      throw new Error(`strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax`);
    },
  };
}

export function string(description: string, options: FlagOptions = {}): FlagKind<string> {
  return { ...options, description, valueName: options.valueName ?? 'string', add: (text) => text };
}

/** One of a few words. */
export function choice<T extends string>(
  description: string,
  words: readonly T[],
  options: FlagOptions = {},
): FlagKind<T> {
  return {
    ...options,
    description,
    words,
    valueName: options.valueName ?? words.join('|'),
    add(text) {
      if ((words as readonly string[]).includes(text)) return text as T;
      throw new Error(`${goQuote(text)} is not a valid value.  Choose from: ${goQuote(words.join(', '))}`);
    },
  };
}

/** Whole numbers, also as `0x1f`, `0o17`, `0b1` and `1_000`. */
export function int(description: string, options: FlagOptions = {}): FlagKind<number> {
  return {
    ...options,
    description,
    valueName: options.valueName ?? 'int',
    add: (text) => wholeNumber(text, 'strconv.ParseInt'),
  };
}

/** Whole numbers that aren't negative. */
export function uint(description: string, options: FlagOptions = {}): FlagKind<number> {
  return {
    ...options,
    description,
    valueName: options.valueName ?? 'uint',
    add(text) {
      if (/^[+-]/.test(text)) throw new Error(`strconv.ParseUint: parsing ${goQuote(text)}: invalid syntax`);
      return wholeNumber(text, 'strconv.ParseUint');
    },
  };
}

function wholeNumber(text: string, parser: string): number {
  const [, sign = '', digits = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  const plain = digits.replace(/(?<=[\da-fxob])_(?=[\da-f])/gi, '');
  const octal = /^0[0-7]+$/.test(plain) ? `0o${plain.slice(1)}` : plain;
  if (!/^(?:\d+|0x[\da-f]+|0o[0-7]+|0b[01]+)$/i.test(octal) || /^0\d/.test(octal))
    throw new Error(`${parser}: parsing ${goQuote(text)}: invalid syntax`);
  const value = Number(octal);
  // Go takes 64 bits; no flag of ours has a use for numbers that a double can't hold.
  if (!Number.isSafeInteger(value)) throw new Error(`${parser}: parsing ${goQuote(text)}: value out of range`);
  return sign === '-' ? 0 - value : value;
}

export function float(description: string, options: FlagOptions = {}): FlagKind<number> {
  return {
    ...options,
    description,
    valueName: options.valueName ?? 'float',
    add(text) {
      if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return Number(text);
      throw new Error(`strconv.ParseFloat: parsing ${goQuote(text)}: invalid syntax`);
    },
  };
}

/** pflag's StringArray: each occurrence is one value. */
export function strings(description: string, options: FlagOptions = {}): FlagKind<string[]> {
  return {
    ...options,
    description,
    valueName: options.valueName ?? 'stringArray',
    add: (text, before) => [...(before ?? []), text],
  };
}

/** pflag's StringSlice: values in one text are separated by commas, with quotes as in CSV. */
export function stringList(description: string, options: FlagOptions = {}): FlagKind<string[]> {
  return {
    ...options,
    description,
    valueName: options.valueName ?? 'strings',
    add: (text, before) => [...(before ?? []), ...parseCsvRecord(text)],
  };
}

/** Go's durations in nanoseconds: `1h15m30.5s`, `300ms`. */
export function duration(description: string, options: FlagOptions = {}): FlagKind<number> {
  return { ...options, description, valueName: options.valueName ?? 'duration', add: parseDuration };
}
