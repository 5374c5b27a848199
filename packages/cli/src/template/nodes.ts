/** The tree of a template, and its parts as Go writes them in errors (text/template/parse/node.go). */

/** What stands for a value. `at` is where it begins in the template. */
export type Term =
  | { readonly kind: 'dot' | 'nil'; readonly at: number }
  | { readonly kind: 'constant'; readonly at: number; readonly text: string; readonly value: Constant }
  /** `.A.B`, or `$x.A.B` with a variable. */
  | { readonly kind: 'path'; readonly at: number; readonly variable?: string; readonly fields: readonly string[] }
  /** `(…).A.B`. */
  | { readonly kind: 'chain'; readonly at: number; readonly of: Term; readonly fields: readonly string[] }
  | { readonly kind: 'function'; readonly at: number; readonly name: string }
  | Pipeline;

export type Constant = string | number | boolean;

/** A function or method with its arguments, or a single value. */
export interface Command {
  readonly at: number;
  readonly terms: readonly Term[];
}

export interface Pipeline {
  readonly kind: 'pipeline';
  readonly at: number;
  /** Names with their `$`; in a range there may be two. */
  readonly variables: readonly string[];
  /** `=`, not `:=`. */
  readonly assigns: boolean;
  readonly commands: readonly Command[];
}

export type Node =
  | { readonly kind: 'text'; readonly at: number; readonly text: string }
  | { readonly kind: 'action'; readonly at: number; readonly pipeline: Pipeline }
  | Branch
  | { readonly kind: 'template'; readonly at: number; readonly name: string; readonly pipeline?: Pipeline }
  | { readonly kind: 'break' | 'continue'; readonly at: number };

export interface Branch {
  readonly kind: 'if' | 'with' | 'range';
  readonly at: number;
  readonly pipeline: Pipeline;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}

/** A parsed template with those that it defines. */
export interface Template {
  readonly name: string;
  readonly text: string;
  readonly root: readonly Node[];
  readonly defined: ReadonlyMap<string, readonly Node[]>;
}

export function termText(term: Term): string {
  switch (term.kind) {
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'constant':
      return term.text;
    case 'function':
      return term.name;
    case 'path':
      return `${term.variable ?? ''}${term.fields.map((field) => `.${field}`).join('')}`;
    case 'chain': {
      const of = term.of.kind === 'pipeline' ? `(${pipelineText(term.of)})` : termText(term.of);
      return `${of}${term.fields.map((field) => `.${field}`).join('')}`;
    }
    case 'pipeline':
      return pipelineText(term);
  }
}

export function commandText({ terms }: Command): string {
  return terms.map((term) => (term.kind === 'pipeline' ? `(${pipelineText(term)})` : termText(term))).join(' ');
}

export function pipelineText({ variables, assigns, commands }: Pipeline): string {
  const declaration = variables.length === 0 ? '' : `${variables.join(', ')} ${assigns ? '=' : ':='} `;
  return declaration + commands.map(commandText).join(' | ');
}
