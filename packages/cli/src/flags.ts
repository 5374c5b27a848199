/**
 * Flags as pflag parses them for the Go tools: `--name value`, `--name=value`, `-n value`, `-nvalue`, bundled `-abc`, booleans
 * with `=false`, `--` as the end. Scripts rely on all of these.
 */

/** Thrown for a command line that makes no sense; the message is pflag's. */
export class FlagError extends Error {
  override readonly name = 'FlagError';
  readonly code = 'FLAG_INVALID';
}

export interface FlagKind<T> {
  /** One letter. */
  readonly short?: string;
  readonly description: string;
  /** Name of the value in the help; '' for booleans. */
  readonly valueName: string;
  /** Taken when the flag stands without `=value`; such a flag never takes the next argument. */
  readonly implied?: string;
  /** Not shown in the help. */
  readonly hidden?: boolean;
  /** The value after one more occurrence. Throws an Error that says why the text makes no sense. */
  readonly add: (text: string, before: T | undefined) => T;
}

interface FlagOptions {
  readonly short?: string;
  readonly hidden?: boolean;
  readonly implied?: string;
  readonly valueName?: string;
}

/** undefined when not given, so that a default may come from elsewhere. */
export function bool(description: string, options: FlagOptions = {}): FlagKind<boolean> {
  return {
    ...options,
    description,
    valueName: '',
    implied: 'true',
    add(text) {
      if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true;
      if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false;
      throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
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
    valueName: options.valueName ?? words.join('|'),
    add(text) {
      if ((words as readonly string[]).includes(text)) return text as T;
      throw new Error(`must be one of ${words.join(', ')}`);
    },
  };
}

/** Whole numbers. */
export function int(description: string, options: FlagOptions = {}): FlagKind<number> {
  return {
    ...options,
    description,
    valueName: options.valueName ?? 'int',
    add(text) {
      if (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
      throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
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
    add: (text, before) => [...(before ?? []), ...splitCsv(text)],
  };
}

function splitCsv(text: string): string[] {
  if (text === '') return [];
  const values: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^,]*))(?:,|$)/gy;
  while (field.lastIndex < text.length) {
    const match = field.exec(text);
    if (!match) throw new Error('parse error: bare or unclosed " in a list');
    values.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'));
  }
  if (text.endsWith(',')) values.push('');
  return values;
}

/** Go's durations in nanoseconds: `1h15m30.5s`, `300ms`. */
export function duration(description: string, options: FlagOptions = {}): FlagKind<number> {
  return { ...options, description, valueName: options.valueName ?? 'duration', add: parseDuration };
}

const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

export function parseDuration(text: string): number {
  const fail = (): never => {
    throw new Error(`time: invalid duration ${JSON.stringify(text)}`);
  };
  const [, sign = '', rest = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (rest === '0') return 0;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(rest)) return fail();
  let total = 0;
  for (const [, number, unit = ''] of rest.matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g))
    total += Number(number) * (units[unit] ?? 0);
  return Math.round(sign === '-' ? -total : total);
}

// biome-ignore lint/suspicious/noExplicitAny: the kinds of a set differ, and are inferred by FlagValues.
export type FlagSet = Readonly<Record<string, FlagKind<any>>>;

export type FlagValues<S extends FlagSet> = { -readonly [K in keyof S]?: S[K] extends FlagKind<infer T> ? T : never };

export interface ParsedFlags<S extends FlagSet> {
  readonly flags: FlagValues<S>;
  readonly args: readonly string[];
  /** Index of the first argument after `--`, -1 without one. */
  readonly dashAt: number;
}

/**
 * Parses arguments. `interspersed`: flags may stand behind arguments; otherwise the first argument ends them. `-h` and
 * `--help` throw a {@link HelpWanted} unless the set has them.
 */
export function parseFlags<S extends FlagSet>(
  set: S,
  argv: readonly string[],
  { interspersed = true }: { readonly interspersed?: boolean } = {},
): ParsedFlags<S> {
  const parser = new Parser(set, argv);
  return parser.parse(interspersed) as ParsedFlags<S>;
}

/** Not a fault: the command line asks for help. */
export class HelpWanted extends Error {
  override readonly name = 'HelpWanted';
}

class Parser {
  readonly #set: FlagSet;
  readonly #argv: readonly string[];
  readonly #flags: Record<string, unknown> = {};
  #at = 0;

  constructor(set: FlagSet, argv: readonly string[]) {
    this.#set = set;
    this.#argv = argv;
  }

  parse(interspersed: boolean): { flags: Record<string, unknown>; args: string[]; dashAt: number } {
    const args: string[] = [];
    while (this.#at < this.#argv.length) {
      const argument = this.#argv[this.#at++] ?? '';
      if (argument === '--') {
        return { flags: this.#flags, args: [...args, ...this.#argv.slice(this.#at)], dashAt: args.length };
      }
      if (argument.startsWith('--')) this.#long(argument);
      else if (argument.startsWith('-') && argument.length > 1) this.#shorts(argument);
      else if (interspersed) args.push(argument);
      else return { flags: this.#flags, args: this.#argv.slice(this.#at - 1), dashAt: -1 };
    }
    return { flags: this.#flags, args, dashAt: -1 };
  }

  #long(argument: string): void {
    const equals = argument.indexOf('=');
    const name = equals < 0 ? argument.slice(2) : argument.slice(2, equals);
    if (name === '' || name.startsWith('-') || name.startsWith('='))
      throw new FlagError(`bad flag syntax: ${argument}`);
    const kind = Object.hasOwn(this.#set, name) ? this.#set[name] : undefined;
    if (!kind) {
      if (name === 'help') throw new HelpWanted();
      throw new FlagError(`unknown flag: --${name}`);
    }
    if (equals >= 0) return this.#assign(name, kind, argument.slice(equals + 1));
    if (kind.implied !== undefined) return this.#assign(name, kind, kind.implied);
    this.#assign(name, kind, this.#next(`flag needs an argument: --${name}`));
  }

  /** `-abc`, `-ovalue`, `-o=value`. */
  #shorts(argument: string): void {
    for (let letters = argument.slice(1); letters !== ''; ) {
      const letter = letters[0] ?? '';
      const rest = letters.slice(1);
      const [name, kind] = Object.entries(this.#set).find(([, { short }]) => short === letter) ?? [];
      if (name === undefined || !kind) {
        if (letter === 'h') throw new HelpWanted();
        throw new FlagError(`unknown shorthand flag: '${letter}' in ${argument}`);
      }
      if (rest.startsWith('=')) return this.#assign(name, kind, rest.slice(1), letter);
      if (kind.implied !== undefined) {
        this.#assign(name, kind, kind.implied, letter);
        letters = rest;
        continue;
      }
      return this.#assign(
        name,
        kind,
        rest !== '' ? rest : this.#next(`flag needs an argument: '${letter}' in ${argument}`),
        letter,
      );
    }
  }

  #next(problem: string): string {
    const value = this.#argv[this.#at++];
    if (value === undefined) throw new FlagError(problem);
    return value;
  }

  // biome-ignore lint/suspicious/noExplicitAny: see FlagSet.
  #assign(name: string, kind: FlagKind<any>, text: string, letter?: string): void {
    try {
      this.#flags[name] = kind.add(text, this.#flags[name]);
    } catch (error) {
      const shown = letter === undefined && !kind.short ? `--${name}` : `-${kind.short}, --${name}`;
      throw new FlagError(
        `invalid argument ${JSON.stringify(text)} for ${JSON.stringify(shown)} flag: ${(error as Error).message}`,
        {
          cause: error,
        },
      );
    }
  }
}
