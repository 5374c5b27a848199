/** The words of an action in a Go template. */
import { TemplateError } from './go-template-error.ts';

export type Token =
  | { readonly kind: 'literal'; readonly text: string; readonly value: unknown }
  /** `glued`: right behind what comes before. */
  | { readonly kind: 'field'; readonly text: string; readonly fields: readonly string[]; readonly glued: boolean }
  | { readonly kind: 'variable'; readonly text: string; readonly fields: readonly string[] }
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'symbol'; readonly text: string };

const expression =
  /\s*(?:("(?:\\.|[^"\\])*")|(`[^`]*`)|('(?:\\.|[^'\\])')|([+-]?\d+(?:\.\d+)?)|(\$\w*)((?:\.\w+)*)|((?:\.\w+)+|\.)|(\w+)|(:=|[|(),=]))/gsuy;

export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  expression.lastIndex = 0;
  while (expression.lastIndex < text.trimEnd().length) {
    const start = expression.lastIndex;
    const match = expression.exec(text);
    if (!match)
      throw new TemplateError(`template: unexpected ${JSON.stringify(text.slice(start).trim()[0])} in {{${text}}}`);
    tokens.push(tokenOf(match, start > 0 && !/^\s/.test(match[0])));
  }
  return tokens;
}

function tokenOf(match: RegExpExecArray, glued: boolean): Token {
  const [all, quoted, raw, character, number, variable, variableFields = '', field, word, symbol] = match;
  const text = all.trim();
  if (quoted !== undefined) return { kind: 'literal', text, value: unquote(quoted) };
  if (raw !== undefined) return { kind: 'literal', text, value: raw.slice(1, -1) };
  if (character !== undefined) return { kind: 'literal', text, value: character.codePointAt(1) };
  if (number !== undefined) return { kind: 'literal', text, value: Number(number) };
  if (variable !== undefined)
    return { kind: 'variable', text: variable, fields: variableFields.split('.').filter(Boolean) };
  if (field !== undefined) return { kind: 'field', text, fields: field.split('.').filter(Boolean), glued };
  if (word === 'true' || word === 'false') return { kind: 'literal', text, value: word === 'true' };
  if (word === 'nil') return { kind: 'literal', text, value: null };
  if (word !== undefined) return { kind: 'word', text: word };
  return { kind: 'symbol', text: symbol ?? '' };
}

function unquote(quoted: string): string {
  try {
    return JSON.parse(quoted.replace(/\\x([0-9a-f]{2})/gi, '\\u00$1').replaceAll("\\'", "'"));
  } catch (error) {
    throw new TemplateError(`template: malformed text ${quoted}`, { cause: error });
  }
}
