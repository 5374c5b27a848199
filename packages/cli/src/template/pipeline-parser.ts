/** Parses the pipelines inside actions (text/template/parse/parse.go). */
import { goQuote } from '../go-quote.ts';
import { parseNumber, unquote } from './constants.ts';
import { TemplateError } from './error.ts';
import { type Token, type TokenKind, tokenText } from './lexer.ts';
import { type Command, type Pipeline, type Term, termText } from './nodes.ts';

const OPERANDS: readonly TokenKind[] = [
  'boolean',
  'character',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'raw',
  'string',
  'variable',
  'open',
];

export class PipelineParser {
  readonly name: string;
  readonly #tokens: readonly Token[];
  readonly #functions: ReadonlySet<string>;
  #next = 0;
  /** Names of the variables that can be seen. */
  variables: string[] = ['$'];

  constructor(name: string, tokens: readonly Token[], functions: ReadonlySet<string>) {
    this.name = name;
    this.#tokens = tokens;
    this.#functions = functions;
  }

  pipeline(context: string, end: 'right' | 'close'): Pipeline {
    const { at } = this.peekNonSpace();
    const { variables, assigns } = this.#declarations(context);
    const commands: Command[] = [];
    for (;;) {
      const token = this.nextNonSpace();
      if (token.kind === end) break;
      if (!OPERANDS.includes(token.kind)) return this.unexpected(token, context);
      this.back();
      commands.push(this.#command());
    }
    if (commands.length === 0) return this.fail(`missing value for ${context}`);
    for (const [index, { terms }] of commands.entries()) {
      if (index > 0 && ['constant', 'dot', 'nil'].includes(terms[0]?.kind ?? ''))
        return this.fail(`non executable command in pipeline stage ${index + 1}`);
    }
    return { kind: 'pipeline', at, variables, assigns, commands };
  }

  /** `$x :=`, `$x =`, and `$i, $x :=` in a range. */
  #declarations(context: string): { variables: string[]; assigns: boolean } {
    const variables: string[] = [];
    while (this.peekNonSpace().kind === 'variable') {
      const start = this.#next;
      const { text } = this.nextNonSpace();
      const next = this.nextNonSpace();
      if (next.kind === 'assign' || next.kind === 'declare') {
        variables.push(text);
        this.variables.push(text);
        return { variables, assigns: next.kind === 'assign' };
      }
      if (next.kind !== 'comma') {
        this.#next = start;
        break;
      }
      variables.push(text);
      this.variables.push(text);
      if (context !== 'range' || variables.length > 1) return this.fail(`too many declarations in ${context}`);
      if (!['variable', 'right', 'close'].includes(this.peekNonSpace().kind))
        return this.fail('range can only initialize variables');
    }
    return { variables, assigns: false };
  }

  #command(): Command {
    const { at } = this.peekNonSpace();
    const terms: Term[] = [];
    for (;;) {
      this.peekNonSpace();
      const operand = this.#operand();
      if (operand) terms.push(operand);
      const token = this.next();
      if (token.kind === 'space') continue;
      if (token.kind === 'right' || token.kind === 'close') this.back();
      else if (token.kind !== 'pipe') return this.unexpected(token, 'operand');
      break;
    }
    return terms.length === 0 ? this.fail('empty command') : { at, terms };
  }

  /** A term with the fields that are glued to it. */
  #operand(): Term | undefined {
    const term = this.#term();
    const { kind, at } = this.peek();
    if (!term || kind !== 'field') return term;
    const fields: string[] = [];
    while (this.peek().kind === 'field') fields.push(this.next().text.slice(1));
    if (term.kind === 'path') return { ...term, at, fields: [...term.fields, ...fields] };
    if (term.kind === 'constant' || term.kind === 'nil' || term.kind === 'dot')
      return this.fail(`unexpected . after term ${goQuote(termText(term))}`);
    return { kind: 'chain', at, of: term, fields };
  }

  #term(): Term | undefined {
    const token = this.nextNonSpace();
    const { at, text } = token;
    switch (token.kind) {
      case 'identifier':
        if (!this.#functions.has(text)) return this.fail(`function ${goQuote(text)} not defined`);
        return { kind: 'function', at, name: text };
      case 'dot':
      case 'nil':
        return { kind: token.kind, at };
      case 'variable':
        if (!this.variables.includes(text)) return this.fail(`undefined variable ${goQuote(text)}`);
        return { kind: 'path', at, variable: text, fields: [] };
      case 'field':
        return { kind: 'path', at, fields: [text.slice(1)] };
      case 'boolean':
        return { kind: 'constant', at, text, value: text === 'true' };
      case 'number':
      case 'character':
        return { kind: 'constant', at, text, value: this.#constant(() => parseNumber(text)) };
      case 'string':
      case 'raw':
        return { kind: 'constant', at, text, value: this.text(token) };
      case 'open':
        return this.pipeline('parenthesized pipeline', 'close');
      default:
        this.back();
        return undefined;
    }
  }

  /** The text of a quoted token. */
  text({ text }: Token): string {
    return this.#constant(() => unquote(text));
  }

  #constant<T>(parse: () => T): T {
    try {
      return parse();
    } catch (error) {
      return this.fail((error as Error).message);
    }
  }

  next(): Token {
    const token = this.#tokens[Math.min(this.#next, this.#tokens.length - 1)];
    this.#next++;
    return token as Token;
  }

  peek(): Token {
    const token = this.next();
    this.back();
    return token;
  }

  back(): void {
    this.#next--;
  }

  nextNonSpace(): Token {
    this.peekNonSpace();
    return this.next();
  }

  /** Steps over the space, too. */
  peekNonSpace(): Token {
    while (this.peek().kind === 'space') this.next();
    return this.peek();
  }

  /** Where the parser is, to come back to. */
  get place(): number {
    return this.#next;
  }

  set place(place: number) {
    this.#next = place;
  }

  expect(kinds: readonly TokenKind[], context: string): Token {
    const token = this.nextNonSpace();
    return kinds.includes(token.kind) ? token : this.unexpected(token, context);
  }

  unexpected(token: Token, context: string): never {
    return this.fail(token.kind === 'error' ? token.text : `unexpected ${tokenText(token)} in ${context}`);
  }

  fail(message: string): never {
    const { line } = this.#tokens[Math.max(0, Math.min(this.#next, this.#tokens.length) - 1)] ?? { line: 1 };
    throw new TemplateError(`template: ${this.name}:${line}: ${message}`);
  }
}
