/** The texts of `--cmd` and `--entrypoint`. */
import { shellWords } from './shell-words.ts';

/** A JSON list of texts, or undefined when it isn't one. */
function jsonList(text: string): string[] | undefined {
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list) && list.every((one) => typeof one === 'string')) return list;
  } catch {
    // Not JSON: an ordinary command line.
  }
  return undefined;
}

export function parseCmd(text: string): string[] {
  return text.trim() === '' ? [] : (jsonList(text) ?? shellWords(text));
}

/** `shell` says that the text is for `/bin/sh -c`, which ignores arguments. */
export function parseEntrypoint(text: string): { readonly words: string[]; readonly shell: boolean } {
  if (text.trim() === '') return { words: [], shell: false };
  const list = jsonList(text);
  return list ? { words: list, shell: false } : { words: ['/bin/sh', '-c', text], shell: true };
}
