/** YAML, in a file of its own: bundled, the parser's exports are seen by `import`, not by `import()`. */
import { parse } from 'yaml';

/** Aliases are bounded: a file of a kilobyte can stand for gigabytes. Throws the parser's errors. */
export function parseYaml(text: string): unknown {
  return parse(text, { maxAliasCount: 100 });
}
