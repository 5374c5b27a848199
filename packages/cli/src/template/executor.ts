/** Walks a parsed template (text/template/exec.go). */
import { goQuote } from '../go-quote.ts';
import { checkedArguments } from './calls.ts';
import { TemplateError } from './error.ts';
import { fieldOf } from './fields.ts';
import type { TemplateFunction } from './functions.ts';
import {
  type Branch,
  type Command,
  commandText,
  type Node,
  type Pipeline,
  pipelineText,
  type Template,
  type Term,
  termText,
} from './nodes.ts';
import { useText } from './parser.ts';
import { actionText, plainText } from './print.ts';
import { entriesOf, isTrue, kindOf } from './values.ts';

export type Functions = Readonly<Record<string, TemplateFunction>>;

/** As deep as templates may call each other. */
const MAX_DEPTH = 1000;

interface Variable {
  readonly name: string;
  value: unknown;
}

/** Where an error happens. */
interface Place {
  readonly at: number;
  readonly text: () => string;
}

/** Renders `data`. Throws a TemplateError with Go's text. */
export function execute(template: Template, functions: Functions, data: unknown): string {
  const executor = new Executor(template, functions, template.name, data, 0);
  executor.walk(template.root, data);
  return executor.output;
}

class Executor {
  output = '';
  readonly #template: Template;
  readonly #functions: Functions;
  readonly #name: string;
  readonly #depth: number;
  readonly #variables: Variable[];
  #place: Place = { at: 0, text: () => '' };

  constructor(template: Template, functions: Functions, name: string, data: unknown, depth: number) {
    this.#template = template;
    this.#functions = functions;
    this.#name = name;
    this.#depth = depth;
    this.#variables = [{ name: '$', value: data }];
  }

  /** Returns the jump that ended it early. */
  walk(nodes: readonly Node[], dot: unknown): 'break' | 'continue' | undefined {
    for (const node of nodes) {
      const jump = this.#node(node, dot);
      if (jump) return jump;
    }
    return undefined;
  }

  #node(node: Node, dot: unknown): 'break' | 'continue' | undefined {
    switch (node.kind) {
      case 'text':
        this.output += node.text;
        return undefined;
      case 'action': {
        const value = this.#pipeline(node.pipeline, dot);
        if (node.pipeline.variables.length === 0) this.output += this.#shown(value);
        return undefined;
      }
      case 'template':
        this.#use(node, dot);
        return undefined;
      case 'break':
      case 'continue':
        return node.kind;
      case 'range':
        return this.#scoped(() => this.#range(node, dot));
      default:
        return this.#scoped(() => {
          const value = this.#pipeline(node.pipeline, dot);
          if (!isTrue(value)) return this.walk(node.otherwise, dot);
          return this.walk(node.body, node.kind === 'with' ? value : dot);
        });
    }
  }

  #shown(value: unknown): string {
    if (typeof value === 'function') this.fail(`can't print ${plainText(value)} of type func`);
    return actionText(value);
  }

  /** Variables declared inside are gone afterwards. */
  #scoped<T>(work: () => T): T {
    const seen = this.#variables.length;
    const result = work();
    this.#variables.length = seen;
    return result;
  }

  #range({ pipeline, body, otherwise }: Branch, dot: unknown): undefined {
    const value = this.#pipeline({ ...pipeline, variables: [] }, dot);
    const items = this.#items(value);
    if (items.length === 0) {
      this.walk(otherwise, dot);
      return undefined;
    }
    const [first, second] = pipeline.variables;
    for (const [key, item] of items) {
      const jump = this.#scoped(() => {
        const set = (name: string, one: unknown) =>
          pipeline.assigns ? this.#assign(name, one) : this.#variables.push({ name, value: one });
        if (first !== undefined && second !== undefined) set(first, key);
        if (first !== undefined) set(second ?? first, item);
        return this.walk(body, item);
      });
      if (jump === 'break') break;
    }
    return undefined;
  }

  #items(value: unknown): [key: unknown, item: unknown][] {
    switch (kindOf(value)) {
      case 'slice':
        return (value as readonly unknown[]).map((item, index) => [index, item]);
      case 'map':
        return entriesOf(value as object);
      case 'int':
        return Array.from({ length: Math.max(0, Number(value)) }, (_, index) => [index, index]);
      case 'invalid':
      case 'nil':
        return [];
      default:
        return this.fail(`range can't iterate over ${plainText(value)}`);
    }
  }

  #use(node: Extract<Node, { kind: 'template' }>, dot: unknown): void {
    const { name, pipeline } = node;
    this.#place = { at: node.at, text: () => useText(name, pipeline && pipelineText(pipeline)) };
    const nodes = this.#template.defined.get(name);
    if (!nodes) return this.fail(`template ${goQuote(name)} not defined`);
    if (this.#depth === MAX_DEPTH) return this.fail(`exceeded maximum template depth (${MAX_DEPTH})`);
    const data = pipeline ? this.#pipeline(pipeline, dot) : undefined;
    const inner = new Executor(this.#template, this.#functions, name, data, this.#depth + 1);
    inner.walk(nodes, data);
    this.output += inner.output;
  }

  #pipeline(pipeline: Pipeline, dot: unknown): unknown {
    this.#at(pipeline);
    let piped: readonly unknown[] = [];
    for (const command of pipeline.commands) piped = [this.#command(command, dot, piped)];
    const [value] = piped;
    for (const name of pipeline.variables) {
      if (pipeline.assigns) this.#assign(name, value);
      else this.#variables.push({ name, value });
    }
    return value;
  }

  #assign(name: string, value: unknown): void {
    const variable = this.#variables.findLast((one) => one.name === name);
    if (!variable) return this.fail(`undefined variable: ${name}`);
    variable.value = value;
  }

  /** `piped` is the value from the left, which becomes the last argument. */
  #command(command: Command, dot: unknown, piped: readonly unknown[]): unknown {
    const [first, ...rest] = command.terms as readonly [Term, ...Term[]];
    const place = { at: command.at, text: () => commandText(command) };
    if (first.kind === 'function') return this.#call(first, place, rest, dot, piped);
    if (first.kind === 'path' || first.kind === 'chain') return this.#path(first, rest, dot, piped);
    if (first.kind !== 'pipeline') this.#at(first);
    if (rest.length > 0 || piped.length > 0) return this.fail(`can't give argument to non-function ${termText(first)}`);
    if (first.kind === 'nil') return this.fail('nil is not a command');
    return this.#term(first, dot);
  }

  #term(term: Term, dot: unknown): unknown {
    switch (term.kind) {
      case 'dot':
        return dot;
      case 'nil':
        return null;
      case 'constant':
        return term.value;
      case 'pipeline':
        return this.#pipeline(term, dot);
      case 'function':
        return this.#call(term, { at: term.at, text: () => term.name }, [], dot, []);
      default:
        return this.#path(term, [], dot, []);
    }
  }

  #path(
    term: Extract<Term, { kind: 'path' | 'chain' }>,
    rest: readonly Term[],
    dot: unknown,
    piped: readonly unknown[],
  ): unknown {
    this.#at(term);
    let value: unknown = dot;
    if (term.kind === 'chain') value = this.#term(term.of, dot);
    else if (term.variable !== undefined) value = this.#variables.findLast(({ name }) => name === term.variable)?.value;
    const hasArguments = rest.length > 0 || piped.length > 0;
    this.#at(term);
    if (term.fields.length === 0 && hasArguments)
      return this.fail(`can't give argument to non-function ${termText(term)}`);
    for (const [index, field] of term.fields.entries()) {
      const receiver = value;
      value = this.#guarded(() => fieldOf(receiver, field));
      const isLast = index === term.fields.length - 1;
      if (typeof value === 'function') {
        const args = isLast ? [...rest.map((one) => this.#term(one, dot)), ...piped] : [];
        const method = value;
        value = this.#guarded(() => method.apply(receiver, args), `error calling ${field}: `);
      } else if (isLast && hasArguments) {
        return this.fail(
          kindOf(receiver) === 'map'
            ? `${field} is not a method but has arguments`
            : `${field} has arguments but cannot be invoked as function`,
        );
      }
    }
    return value;
  }

  #call(
    term: Extract<Term, { kind: 'function' }>,
    place: Place,
    rest: readonly Term[],
    dot: unknown,
    piped: readonly unknown[],
  ): unknown {
    this.#at(term);
    const { name } = term;
    if (name === 'and' || name === 'or') return this.#shortcut(name, rest, dot, piped);
    const implementation = this.#functions[name] as TemplateFunction;
    const args = this.#guarded(() =>
      checkedArguments(name, implementation, rest, piped, (one) => this.#term(one, dot)),
    );
    this.#place = place;
    return this.#guarded(() => implementation.call(...args), `error calling ${name}: `);
  }

  /** Arguments behind the one that decides aren't evaluated. */
  #shortcut(name: 'and' | 'or', rest: readonly Term[], dot: unknown, piped: readonly unknown[]): unknown {
    if (rest.length + piped.length === 0) return this.fail(`wrong number of args for ${name}: want at least 1 got 0`);
    let value: unknown;
    for (const term of rest) {
      value = this.#term(term, dot);
      if (isTrue(value) === (name === 'or')) return value;
    }
    return piped.length > 0 ? piped[0] : value;
  }

  /** An Error from inside gets the place where it happened. */
  #guarded<T>(work: () => T, prefix = ''): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof TemplateError) throw error;
      return this.fail(`${prefix}${(error as Error).message}`, error);
    }
  }

  #at(term: Term): void {
    this.#place = { at: term.at, text: () => termText(term) };
  }

  /** `template: ps:1:13: executing "ps" at <.Nope>: …`. */
  fail(message: string, cause?: unknown): never {
    const before = this.#template.text.slice(0, this.#place.at);
    const line = before.split('\n').length;
    const column = Buffer.byteLength(before.slice(before.lastIndexOf('\n') + 1));
    throw new TemplateError(
      `template: ${this.#template.name}:${line}:${column}: executing ${goQuote(this.#name)} at <${this.#place.text()}>: ${message}`,
      { cause },
    );
  }
}
