/**
 * Flags as pflag parses them for the Go tools: `--name value`, `--name=value`, `-n value`, `-nvalue`, bundled `-abc`, booleans
 * with `=false`, `--` as the end. Scripts rely on all of these.
 */

import type { FlagKind } from './flag-kinds.ts';
import { goQuote } from './go-quote.ts';

/** Thrown for a command line that makes no sense; the message is pflag's. */
export class FlagError extends Error {
  override readonly name: string = 'FlagError';
  readonly code = 'FLAG_INVALID';
}

/** Not a fault: the command line asks for help. */
export class HelpWanted extends Error {
  override readonly name = 'HelpWanted';
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
 * Parses arguments. `interspersed`: flags may stand behind arguments; otherwise the first argument ends them. Where the set
 * has no flags of that name, `-h` and `--help` throw a {@link HelpWanted}; `--help` only if everything else is in order.
 */
export function parseFlags<S extends FlagSet>(
  set: S,
  argv: readonly string[],
  { interspersed = true }: { readonly interspersed?: boolean } = {},
): ParsedFlags<S> {
  return new Parser(set, argv).parse(interspersed) as ParsedFlags<S>;
}

class Parser {
  readonly #set: FlagSet;
  readonly #argv: readonly string[];
  readonly #flags: Record<string, unknown> = {};
  #at = 0;
  #help = false;

  constructor(set: FlagSet, argv: readonly string[]) {
    this.#set = set;
    this.#argv = argv;
  }

  parse(interspersed: boolean): ParsedFlags<FlagSet> {
    const parsed = this.#parse(interspersed);
    if (this.#help) throw new HelpWanted();
    return parsed;
  }

  #parse(interspersed: boolean): ParsedFlags<FlagSet> {
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
    if (name === '' || name.startsWith('-')) throw new FlagError(`bad flag syntax: ${argument}`);
    const kind = Object.hasOwn(this.#set, name) ? this.#set[name] : undefined;
    if (!kind) {
      if (name !== 'help') throw new FlagError(`unknown flag: --${name}`);
      this.#help = true;
      return;
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
        throw new FlagError(`unknown shorthand flag: '${letter}' in -${letters}`);
      }
      if (rest.startsWith('=')) return this.#assign(name, kind, rest.slice(1));
      if (kind.implied === undefined) {
        const value = rest === '' ? this.#next(`flag needs an argument: '${letter}' in -${letters}`) : rest;
        return this.#assign(name, kind, value);
      }
      this.#assign(name, kind, kind.implied);
      letters = rest;
    }
  }

  #next(problem: string): string {
    const value = this.#argv[this.#at++];
    if (value === undefined) throw new FlagError(problem);
    return value;
  }

  #assign(name: string, kind: FlagSet[string], text: string): void {
    try {
      this.#flags[name] = kind.add(text, this.#flags[name]);
    } catch (error) {
      const shown = kind.short ? `-${kind.short}, --${name}` : `--${name}`;
      const { message } = error as Error;
      throw new FlagError(`invalid argument ${goQuote(text)} for ${goQuote(shown)} flag: ${message}`, {
        cause: error,
      });
    }
  }
}
