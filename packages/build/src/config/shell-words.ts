/** Splits a text into words as a shell would, without running anything: quotes and backslashes count (mattn/go-shellwords). */
import { BuildError } from '../errors.ts';

export function shellWords(text: string): string[] {
  const words: string[] = [];
  let word = '';
  let inWord = false;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character === '\\' && quote !== "'") {
      if (at + 1 >= text.length)
        throw new BuildError('INVALID', `invalid command line string: ${JSON.stringify(text)}`);
      word += text[++at];
      inWord = true;
    } else if (quote !== '') {
      if (character === quote) quote = '';
      else word += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      inWord = true;
    } else if (/\s/.test(character)) {
      if (inWord) words.push(word);
      word = '';
      inWord = false;
    } else {
      word += character;
      inWord = true;
    }
  }
  if (quote !== '') throw new BuildError('INVALID', `invalid command line string: ${JSON.stringify(text)}`);
  if (inWord) words.push(word);
  return words;
}
