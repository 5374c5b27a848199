/** `NAME=value` texts as an object; without `=` the value is ''. */
export function keyValues(texts: readonly string[], flag: string): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const equals = text.indexOf('=');
      const name = equals < 0 ? text : text.slice(0, equals);
      if (name === '') throw new Error(`invalid argument ${JSON.stringify(text)} for ${flag}: its name is empty`);
      return [name, equals < 0 ? '' : text.slice(equals + 1)];
    }),
  );
}
