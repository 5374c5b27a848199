/** Parses Go templates into a tree. */
import { TemplateError } from './go-template-error.ts';
import { type Token, tokenize } from './go-template-lexer.ts';

export type Operand =
  | { readonly kind: 'literal'; readonly value: unknown }
  /** Fields from the dot, from a variable, or from a pipeline in parentheses. */
  | {
      readonly kind: 'path';
      readonly from: 'dot' | { readonly variable: string } | Pipeline;
      readonly fields: readonly string[];
    }
  | { readonly kind: 'function'; readonly name: string };

/** One call: the first operand with the others as its arguments. */
export type Call = readonly Operand[];

export interface Pipeline {
  readonly calls: readonly Call[];
  /** Variables that get the value; two in a range. */
  readonly variables: readonly string[];
  readonly declares: boolean;
}

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly pipeline: Pipeline }
  | {
      readonly kind: 'if' | 'with' | 'range';
      readonly pipeline: Pipeline;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    };

export function parseTemplate(text: string): Node[] {
  const parser = new Parser(actionsOf(text));
  return parser.parse();
}

type Piece = { readonly text: string } | { readonly action: string };

/** Text and actions, with `{{-` and `-}}` trimming what is beside them. */
function actionsOf(template: string): Piece[] {
  const pieces: Piece[] = [];
  let rest = template;
  let trimNext = false;
  for (;;) {
    const open = rest.indexOf('{{');
    let text = open < 0 ? rest : rest.slice(0, open);
    if (trimNext) text = text.trimStart();
    if (open < 0) return text === '' ? pieces : [...pieces, { text }];
    let body = rest.slice(open + 2);
    if (/^-\s/.test(body)) {
      text = text.trimEnd();
      body = body.slice(1);
    }
    const close = endOfAction(body);
    let action = body.slice(0, close);
    trimNext = /\s-$/.test(action);
    if (trimNext) action = action.slice(0, -1);
    if (text !== '') pieces.push({ text });
    if (!/^\s*\/\*.*\*\/\s*$/s.test(action)) pieces.push({ action: action.trim() });
    rest = body.slice(close + 2);
  }
}

/** Quoted texts may hold braces. */
function endOfAction(body: string): number {
  const match = /^(?:"(?:\\.|[^"\\])*"|`[^`]*`|(?!\}\}).)*/s.exec(body);
  const end = match?.[0].length ?? 0;
  if (!body.startsWith('}}', end)) throw new TemplateError('template: unclosed action');
  return end;
}

class Parser {
  readonly #pieces: readonly Piece[];
  #at = 0;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  parse(): Node[] {
    const { nodes, ended } = this.#list();
    if (ended !== '') throw new TemplateError(`template: unexpected {{${ended}}}`);
    return nodes;
  }

  /** Nodes up to `end` or `else`, which is returned as it stands. */
  #list(): { nodes: Node[]; ended: string } {
    const nodes: Node[] = [];
    for (let piece = this.#pieces[this.#at++]; piece; piece = this.#pieces[this.#at++]) {
      if ('text' in piece) {
        nodes.push({ kind: 'text', text: piece.text });
        continue;
      }
      const [, keyword = '', rest = ''] = /^(if|with|range|else|end)\b\s*(.*)$/s.exec(piece.action) ?? [];
      if (keyword === 'end' || keyword === 'else') return { nodes, ended: piece.action };
      if (keyword === '') nodes.push({ kind: 'print', pipeline: parsePipeline(piece.action) });
      else nodes.push(this.#block(keyword as 'if' | 'with' | 'range', rest));
    }
    return { nodes, ended: '' };
  }

  #block(kind: 'if' | 'with' | 'range', condition: string): Node {
    const pipeline = parsePipeline(condition);
    const { nodes: body, ended } = this.#list();
    if (ended === 'end') return { kind, pipeline, body, otherwise: [] };
    const [, next = ''] = /^else\s*(.*)$/s.exec(ended) ?? [];
    if (!ended.startsWith('else')) throw new TemplateError(`template: {{${kind}}} without {{end}}`);
    // `else if` shares the `end` of the whole.
    const [, nested, rest = ''] = /^(if|with)\b\s*(.*)$/s.exec(next) ?? [];
    if (nested) return { kind, pipeline, body, otherwise: [this.#block(nested as 'if' | 'with', rest)] };
    const { nodes: otherwise, ended: last } = this.#list();
    if (last !== 'end') throw new TemplateError(`template: {{${kind}}} without {{end}}`);
    return { kind, pipeline, body, otherwise };
  }
}

function parsePipeline(text: string): Pipeline {
  const tokens = tokenize(text);
  const pipeline = new PipelineParser(tokens).pipeline();
  if (tokens.length > 0)
    throw new TemplateError(`template: unexpected ${JSON.stringify(tokens[0]?.text)} in {{${text}}}`);
  return pipeline;
}

class PipelineParser {
  readonly #tokens: Token[];

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  pipeline(): Pipeline {
    const { variables, declares } = this.#assignment();
    const calls: Operand[][] = [];
    do calls.push(this.#call());
    while (this.#accept('|'));
    return { calls, variables, declares };
  }

  #assignment(): { variables: string[]; declares: boolean } {
    const end = this.#tokens.findIndex(({ kind, text }) => kind === 'symbol' && (text === ':=' || text === '='));
    if (end < 0) return { variables: [], declares: false };
    const before = this.#tokens.splice(0, end + 1);
    return {
      variables: before.filter(({ kind }) => kind === 'variable').map(({ text }) => text),
      declares: before.at(-1)?.text === ':=',
    };
  }

  #call(): Operand[] {
    const operands: Operand[] = [];
    for (
      let token = this.#tokens[0];
      token && !(token.kind === 'symbol' && (token.text === '|' || token.text === ')'));
      token = this.#tokens[0]
    ) {
      operands.push(this.#operand());
    }
    if (operands.length === 0) throw new TemplateError('template: missing value for command');
    return operands;
  }

  #operand(): Operand {
    const token = this.#tokens.shift() as Token;
    if (token.kind === 'literal') return { kind: 'literal', value: token.value };
    if (token.kind === 'field') return { kind: 'path', from: 'dot', fields: token.fields };
    if (token.kind === 'variable') return { kind: 'path', from: { variable: token.text }, fields: token.fields };
    if (token.kind === 'word') return { kind: 'function', name: token.text };
    if (token.text !== '(') throw new TemplateError(`template: unexpected ${JSON.stringify(token.text)}`);
    const inner = this.pipeline();
    if (!this.#accept(')')) throw new TemplateError('template: unclosed left paren');
    const [next] = this.#tokens;
    const fields = next?.kind === 'field' && next.glued ? (this.#tokens.shift() as typeof next).fields : [];
    return { kind: 'path', from: inner, fields };
  }

  #accept(text: string): boolean {
    const [token] = this.#tokens;
    if (token?.kind !== 'symbol' || token.text !== text) return false;
    this.#tokens.shift();
    return true;
  }
}
