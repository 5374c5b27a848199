/** Cuts a template into tokens (text/template/parse/lex.go). */
import { goQuote } from '../go-quote.ts';

export type TokenKind =
  | 'error'
  | 'eof'
  | 'text'
  | 'left'
  | 'right'
  | 'space'
  | 'field'
  | 'variable'
  | 'identifier'
  | 'keyword'
  | 'dot'
  | 'nil'
  | 'boolean'
  | 'number'
  | 'character'
  | 'string'
  | 'raw'
  | 'assign'
  | 'declare'
  | 'pipe'
  | 'open'
  | 'close'
  | 'comma'
  | 'other';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Where it begins, in characters. */
  readonly at: number;
  readonly line: number;
}

const KEYWORDS = ['block', 'break', 'continue', 'define', 'else', 'end', 'if', 'range', 'template', 'with'];

/** All tokens; the last is `eof` or `error`. */
export function tokenize(template: string): Token[] {
  return new Lexer(template).run();
}

/** As Go writes a token in an error. */
export function tokenText({ kind, text }: Token): string {
  if (kind === 'eof') return 'EOF';
  if (kind === 'error') return text;
  if (kind === 'keyword' || kind === 'dot' || kind === 'nil') return `<${text}>`;
  return text.length > 10 ? `${goQuote(text.slice(0, 10))}...` : goQuote(text);
}

class Lexer {
  readonly #template: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #line = 1;
  #depth = 0;

  constructor(template: string) {
    this.#template = template;
  }

  run(): Token[] {
    while (this.#text()) if (!this.#action()) return this.#tokens;
    return this.#tokens;
  }

  /** The text up to the next action. Returns false at the end. */
  #text(): boolean {
    const start = this.#template.indexOf('{{', this.#at);
    const end = start < 0 ? this.#template.length : start;
    const trims = start >= 0 && /^\{\{-\s/.test(this.#template.slice(start, start + 4));
    const text = this.#template.slice(this.#at, end);
    const kept = trims ? text.replace(/[ \t\r\n]+$/, '') : text;
    if (kept !== '') this.#emit('text', kept, this.#at);
    this.#skip(end);
    if (start >= 0) return true;
    this.#emit('eof', '');
    return false;
  }

  /** From `{{` to `}}`. Returns false after an error. */
  #action(): boolean {
    const trim = /^\{\{-\s/.test(this.#rest(4)) ? 2 : 0;
    const inside = this.#at + 2 + trim;
    if (this.#template.startsWith('/*', inside)) return this.#comment(inside);
    this.#emit('left', '{{');
    this.#skip(inside);
    this.#depth = 0;
    for (;;) {
      const right = this.#rightDelimiter(this.#at);
      if (right > 0) {
        if (this.#depth > 0) return this.#error('unclosed left paren');
        this.#emit('right', '}}');
        this.#skipRight(right);
        return true;
      }
      if (!this.#inside()) return false;
    }
  }

  #comment(start: number): boolean {
    const end = this.#template.indexOf('*/', start);
    if (end < 0) return this.#error('unclosed comment');
    const right = this.#rightDelimiter(end + 2);
    if (right === 0) return this.#error('comment ends before closing delimiter');
    this.#skip(end + 2);
    this.#skipRight(right);
    return true;
  }

  /** Characters of `}}` or ` -}}` here, 0 where neither is. */
  #rightDelimiter(at: number): number {
    if (this.#template.startsWith('}}', at)) return 2;
    return /^\s-\}\}/.test(this.#template.slice(at, at + 4)) ? 4 : 0;
  }

  #skipRight(length: number): void {
    this.#skip(this.#at + length);
    if (length === 4) this.#skip(this.#at + (/^[ \t\r\n]*/.exec(this.#template.slice(this.#at))?.[0].length ?? 0));
  }

  /** One token inside an action. Returns false after an error. */
  #inside(): boolean {
    const character = this.#template[this.#at];
    if (character === undefined) return this.#error('unclosed action');
    if (/\s/.test(character)) return this.#take('space', this.#match(/(?:(?!\s-\}\})\s)+/y));
    if (character === ':')
      return this.#template[this.#at + 1] === '=' ? this.#take('declare', ':=') : this.#error('expected :=');
    if (character === '"') return this.#quoted('string', /"(?:\\[^\n]|[^"\\\n])*"/y, 'unterminated quoted string');
    if (character === '`') return this.#quoted('raw', /`[^`]*`/y, 'unterminated raw quoted string');
    if (character === "'")
      return this.#quoted('character', /'(?:\\[^\n]|[^'\\\n])*'/y, 'unterminated character constant');
    if (character === '(') this.#depth++;
    if (character === ')' && --this.#depth < 0) return this.#error('unexpected right paren');
    const single = ({ '=': 'assign', '|': 'pipe', '(': 'open', ')': 'close', ',': 'comma' } as const)[character];
    if (single) return this.#take(single, character);
    if (/[+\-\d]/.test(character) || /^\.\d/.test(this.#rest(2))) return this.#number();
    if (character === '.' || character === '$') return this.#word(character === '.' ? 'field' : 'variable');
    if (/[\p{L}\p{N}_]/u.test(this.#symbol())) return this.#word('identifier');
    if (/[!-~]/.test(character)) return this.#take('other', character);
    return this.#error(`unrecognized character in action: ${codePoint(this.#symbol())}`);
  }

  #quoted(kind: TokenKind, pattern: RegExp, problem: string): boolean {
    const text = this.#match(pattern);
    return text === '' ? this.#error(problem) : this.#take(kind, text);
  }

  #number(): boolean {
    const text = this.#match(
      /[+-]?(?:0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|[\d_]*\.?[\d_]*(?:[eE][+-]?[\d_]+)?)/y,
    );
    const next = this.#template[this.#at + text.length] ?? '';
    if (/[\p{L}\p{N}_]/u.test(next) || !/\d/.test(text))
      return this.#error(`bad number syntax: ${goQuote(text + next)}`);
    return this.#take('number', text);
  }

  #word(kind: 'field' | 'variable' | 'identifier'): boolean {
    const text = this.#match(/[.$]?[\p{L}\p{N}_]*/uy);
    const after = this.#at + text.length;
    const next = String.fromCodePoint(this.#template.codePointAt(after) ?? 0x20);
    if (!/[\s.,|:()]/.test(next) && this.#rightDelimiter(after) === 0)
      return this.#error(`bad character ${codePoint(next)}`);
    if (text === '.') return this.#take('dot', text);
    if (kind !== 'identifier') return this.#take(kind, text);
    if (KEYWORDS.includes(text)) return this.#take('keyword', text);
    if (text === 'nil') return this.#take('nil', text);
    return this.#take(text === 'true' || text === 'false' ? 'boolean' : kind, text);
  }

  #symbol(): string {
    return String.fromCodePoint(this.#template.codePointAt(this.#at) ?? 0);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#template)?.[0] ?? '';
  }

  #rest(length: number): string {
    return this.#template.slice(this.#at, this.#at + length);
  }

  #take(kind: TokenKind, text: string): true {
    this.#emit(kind, text);
    this.#skip(this.#at + text.length);
    return true;
  }

  #skip(to: number): void {
    for (let at = this.#at; at < to; at++) if (this.#template[at] === '\n') this.#line++;
    this.#at = to;
  }

  #emit(kind: TokenKind, text: string, at = this.#at): void {
    this.#tokens.push({ kind, text, at, line: this.#line });
  }

  #error(text: string): false {
    this.#emit('error', text);
    return false;
  }
}

/** `U+007B '{'`. */
function codePoint(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character) ? `U+${code} '${character}'` : `U+${code}`;
}
