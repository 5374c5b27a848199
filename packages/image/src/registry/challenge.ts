/** WWW-Authenticate challenges (RFC 9110, 11.6.1), one a header line. */

export interface Challenge {
  /** Lower case: `basic`, `bearer`. */
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export function parseChallenge(line: string): Challenge {
  const [, scheme = '', rest = ''] = /^\s*([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*(.*)$/s.exec(line.slice(0, 8192)) ?? [];
  const parameters: Record<string, string> = {};
  const pattern = /([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,\s*|$)/gsy;
  for (let match = pattern.exec(rest); match; match = pattern.exec(rest)) {
    parameters[(match[1] ?? '').toLowerCase()] = match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? '';
  }
  return { scheme: scheme.toLowerCase(), parameters };
}

/** The first challenge that we can answer, in the order the registry gave. */
export function chooseChallenge(lines: readonly string[]): Challenge | undefined {
  return lines.map(parseChallenge).find(({ scheme }) => scheme === 'basic' || scheme === 'bearer');
}
