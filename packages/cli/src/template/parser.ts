/** Parses templates into trees (text/template/parse/parse.go). */
import { goQuote } from '../go-quote.ts';
import { tokenize } from './lexer.ts';
import type { Branch, Node, Template } from './nodes.ts';
import { PipelineParser } from './pipeline-parser.ts';

/** `functions` are the names that may be called. Throws a TemplateError with Go's text. */
export function parseTemplate(name: string, text: string, functions: ReadonlySet<string>): Template {
  const parser = new Parser(new PipelineParser(name, tokenize(text), functions));
  return { name, text, root: parser.parse(), defined: parser.defined };
}

/** What ends a list of nodes. */
type End = 'end' | 'else' | 'else if' | 'else with';

class Parser {
  readonly defined = new Map<string, readonly Node[]>();
  readonly #parser: PipelineParser;
  #rangeDepth = 0;

  constructor(parser: PipelineParser) {
    this.#parser = parser;
  }

  parse(): Node[] {
    const nodes: Node[] = [];
    while (this.#parser.peek().kind !== 'eof') {
      if (this.#definition()) continue;
      const node = this.#textOrAction();
      if (typeof node === 'string') return this.#parser.fail(`unexpected {{${node.split(' ')[0]}}}`);
      nodes.push(node);
    }
    return nodes;
  }

  /** `{{define "x"}}…{{end}}`, which stands at the top only. */
  #definition(): boolean {
    const parser = this.#parser;
    const { place } = parser;
    const isDefinition = parser.next().kind === 'left' && parser.nextNonSpace().text === 'define';
    if (!isDefinition) {
      parser.place = place;
      return false;
    }
    const context = 'define clause';
    const name = parser.text(parser.expect(['string', 'raw'], context));
    parser.expect(['right'], context);
    this.#define(name, context);
    return true;
  }

  #define(name: string, context: string): void {
    const before = this.#parser.variables;
    const depth = this.#rangeDepth;
    this.#parser.variables = ['$'];
    this.#rangeDepth = 0;
    const { nodes, end } = this.#list();
    if (end !== 'end') this.#parser.fail(`unexpected {{${end.split(' ')[0]}}} in ${context}`);
    this.#parser.variables = before;
    this.#rangeDepth = depth;
    this.defined.set(name, nodes);
  }

  #list(): { nodes: Node[]; end: End } {
    const nodes: Node[] = [];
    while (this.#parser.peekNonSpace().kind !== 'eof') {
      const node = this.#textOrAction();
      if (typeof node === 'string') return { nodes, end: node };
      nodes.push(node);
    }
    this.#parser.nextNonSpace();
    return this.#parser.fail('unexpected EOF');
  }

  #textOrAction(): Node | End {
    const token = this.#parser.nextNonSpace();
    if (token.kind === 'text') return { kind: 'text', at: token.at, text: token.text };
    return token.kind === 'left' ? this.#action() : this.#parser.unexpected(token, 'input');
  }

  #action(): Node | End {
    const token = this.#parser.nextNonSpace();
    const { at, text } = token;
    if (token.kind === 'keyword') {
      switch (text) {
        case 'if':
        case 'with':
        case 'range':
          return this.#branch(text, at);
        case 'else':
          return this.#else();
        case 'end':
          this.#parser.expect(['right'], 'end');
          return 'end';
        case 'break':
        case 'continue':
          return this.#jump(text, at);
        case 'template':
          return this.#template(at);
        case 'block':
          return this.#block(at);
        default:
          return this.#parser.unexpected(token, 'command');
      }
    }
    this.#parser.back();
    const before = this.#parser.peek().at;
    return { kind: 'action', at: before, pipeline: this.#parser.pipeline('command', 'right') };
  }

  #else(): End {
    const { kind, text } = this.#parser.peekNonSpace();
    if (kind === 'keyword' && (text === 'if' || text === 'with')) return `else ${text}`;
    this.#parser.expect(['right'], 'else');
    return 'else';
  }

  #branch(kind: Branch['kind'], at: number): Branch {
    const parser = this.#parser;
    const seen = parser.variables.length;
    const pipeline = parser.pipeline(kind, 'right');
    if (kind === 'range') this.#rangeDepth++;
    const { nodes: body, end } = this.#list();
    if (kind === 'range') this.#rangeDepth--;
    const otherwise = end === 'end' ? [] : this.#otherwise(kind, end);
    parser.variables.length = seen;
    return { kind, at, pipeline, body, otherwise };
  }

  /** `{{else if …}}` shares the `{{end}}` of the whole. */
  #otherwise(kind: Branch['kind'], end: End): Node[] {
    if (end !== 'else') {
      const token = this.#parser.nextNonSpace();
      if (end !== `else ${kind}`) return this.#parser.unexpected(token, 'else');
      return [this.#branch(kind, token.at)];
    }
    const { nodes, end: last } = this.#list();
    if (last !== 'end') this.#parser.fail(`expected end; found {{${last.split(' ')[0]}}}`);
    return nodes;
  }

  #jump(kind: 'break' | 'continue', at: number): Node {
    this.#parser.expect(['right'], `{{${kind}}}`);
    if (this.#rangeDepth === 0) this.#parser.fail(`{{${kind}}} outside {{range}}`);
    return { kind, at };
  }

  #template(start: number): Node {
    const parser = this.#parser;
    const token = parser.expect(['string', 'raw'], 'template clause');
    const name = parser.text(token);
    const at = Math.max(start, token.at);
    if (parser.nextNonSpace().kind === 'right') return { kind: 'template', at, name };
    parser.back();
    return { kind: 'template', at, name, pipeline: parser.pipeline('template clause', 'right') };
  }

  /** A definition and its use in one. */
  #block(_start: number): Node {
    const context = 'block clause';
    const token = this.#parser.expect(['string', 'raw'], context);
    const name = this.#parser.text(token);
    const pipeline = this.#parser.pipeline(context, 'right');
    this.#define(name, context);
    return { kind: 'template', at: token.at, name, pipeline };
  }
}

/** As Go writes a use of a template in an error. */
export function useText(name: string, pipeline: string | undefined): string {
  return `{{template ${goQuote(name)}${pipeline === undefined ? '' : ` ${pipeline}`}}}`;
}
