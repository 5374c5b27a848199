/** Evaluates parsed Go templates. */
import { TemplateError } from './go-template-error.ts';
import { functions, goText, isTrue } from './go-template-functions.ts';
import type { Call, Node, Operand, Pipeline } from './go-template-parser.ts';

export class Evaluator {
  readonly #variables: Map<string, unknown>[];

  constructor(data: unknown) {
    this.#variables = [new Map([['$', data]])];
  }

  render(nodes: readonly Node[], dot: unknown = this.#variables[0]?.get('$')): string {
    return nodes.map((node) => this.#node(node, dot)).join('');
  }

  #node(node: Node, dot: unknown): string {
    if (node.kind === 'text') return node.text;
    if (node.kind === 'print') {
      const value = this.#pipeline(node.pipeline, dot);
      return node.pipeline.variables.length > 0 ? '' : goText(value);
    }
    this.#variables.push(new Map());
    try {
      if (node.kind === 'range') return this.#range(node, dot);
      const value = this.#pipeline(node.pipeline, dot);
      if (!isTrue(value)) return this.render(node.otherwise, dot);
      return this.render(node.body, node.kind === 'with' ? value : dot);
    } finally {
      this.#variables.pop();
    }
  }

  #range(node: Extract<Node, { pipeline: Pipeline; body: readonly Node[] }>, dot: unknown): string {
    const { variables } = node.pipeline;
    const value = this.#pipeline({ ...node.pipeline, variables: [] }, dot);
    const entries = entriesOf(value);
    if (entries.length === 0) return this.render(node.otherwise, dot);
    return entries
      .map(([key, item]) => {
        const [first, second] = variables;
        if (second !== undefined && first !== undefined) this.#declare(first, key);
        if (first !== undefined) this.#declare(second ?? first, item);
        return this.render(node.body, item);
      })
      .join('');
  }

  #declare(name: string, value: unknown): void {
    this.#variables.at(-1)?.set(name, value);
  }

  #assign(name: string, value: unknown): void {
    const scope = this.#variables.findLast((one) => one.has(name));
    if (!scope) throw new TemplateError(`template: undefined variable ${JSON.stringify(name)}`);
    scope.set(name, value);
  }

  #pipeline({ calls, variables, declares }: Pipeline, dot: unknown): unknown {
    let value: unknown;
    for (const [index, call] of calls.entries()) value = this.#call(call, dot, index === 0 ? [] : [value]);
    for (const name of variables) {
      if (declares) this.#declare(name, value);
      else this.#assign(name, value);
    }
    return value;
  }

  /** `piped` is the value from the left, which becomes the last argument. */
  #call([first, ...rest]: Call, dot: unknown, piped: readonly unknown[]): unknown {
    const operand = first as Operand;
    const values = [...rest.map((one) => this.#operand(one, dot)), ...piped];
    if (operand.kind !== 'function') {
      if (values.length > 0) throw new TemplateError("template: can't give argument to non-function");
      return this.#operand(operand, dot);
    }
    const implementation = Object.hasOwn(functions, operand.name) ? functions[operand.name] : undefined;
    if (!implementation) throw new TemplateError(`template: function ${JSON.stringify(operand.name)} not defined`);
    return implementation(...values);
  }

  #operand(operand: Operand, dot: unknown): unknown {
    if (operand.kind === 'literal') return operand.value;
    if (operand.kind === 'function') return this.#call([operand], dot, []);
    let value = this.#start(operand.from, dot);
    for (const field of operand.fields) value = fieldOf(value, field);
    return value;
  }

  #start(from: Extract<Operand, { kind: 'path' }>['from'], dot: unknown): unknown {
    if (from === 'dot') return dot;
    if (!('variable' in from)) return this.#pipeline(from, dot);
    const scope = this.#variables.findLast((one) => one.has(from.variable));
    if (!scope) throw new TemplateError(`template: undefined variable ${JSON.stringify(from.variable)}`);
    return scope.get(from.variable);
  }
}

/**
 * A field under its Go name: as it stands, or the key whose letters are the same, as Go's fields are spelled otherwise in
 * JSON (`OCIv1.RootFS.DiffIDs` is `ociv1.rootfs.diff_ids`). A method such as `.Created.Unix` isn't there.
 */
function fieldOf(value: unknown, field: string): unknown {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== 'object')
    throw new TemplateError(`template: can't evaluate field ${field} in a ${typeof value}`);
  const map = value as Record<string, unknown>;
  if (Object.hasOwn(map, field)) return map[field];
  const plain = (text: string) => text.toLowerCase().replaceAll(/[._-]/g, '');
  const key = Object.keys(map).find((one) => plain(one) === plain(field));
  return key === undefined ? undefined : map[key];
}

function entriesOf(value: unknown): [key: unknown, item: unknown][] {
  if (Array.isArray(value)) return value.map((item, index) => [index, item]);
  if (typeof value === 'number') return Array.from({ length: value }, (_, index) => [index, index]);
  if (value === null || value === undefined) return [];
  if (typeof value === 'object') return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  throw new TemplateError(`template: range can't iterate over ${goText(value)}`);
}
