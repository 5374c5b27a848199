/** Go's filepath.Match for one part of a path, as a regular expression. */

/** Whether a path part is more than a literal name. */
export function isPattern(text: string): boolean {
  return /[*?[\\]/.test(text);
}

/** Throws a SyntaxError for a pattern that makes no sense. */
export function patternExpression(pattern: string): RegExp {
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] ?? '';
    if (character === '*') source += '[^/]*';
    else if (character === '?') source += '[^/]';
    else if (character === '\\') source += escaped(pattern[++at] ?? fail(pattern));
    else if (character === '[') {
      const end = classEnd(pattern, at);
      source += classSource(pattern.slice(at + 1, end), pattern);
      at = end;
    } else source += escaped(character);
  }
  return new RegExp(`^${source}$`, 'su');
}

function escaped(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function classEnd(pattern: string, start: number): number {
  // A bracket right at the start belongs to the class only when escaped.
  for (let at = start + 1; at < pattern.length; at++) {
    if (pattern[at] === '\\') at++;
    else if (pattern[at] === ']') return at;
  }
  return fail(pattern);
}

function classSource(body: string, pattern: string): string {
  const negated = body.startsWith('^');
  const members = negated ? body.slice(1) : body;
  if (members === '') return fail(pattern);
  const source = members.replace(/\\(.)|([^\\])/gsu, (_, quoted: string, plain: string) =>
    plain === '-' ? '-' : escaped(quoted ?? plain),
  );
  return `[${negated ? '^/' : ''}${source}]`;
}

function fail(pattern: string): never {
  throw new SyntaxError(`syntax error in pattern ${JSON.stringify(pattern)}`);
}
