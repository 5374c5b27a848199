/** JSON as Go's encoder indents it for skopeo: four blanks, `<`, `>` and `&` escaped. */
export function indentedGoJson(value: unknown): string {
  return JSON.stringify(value, undefined, 4).replace(
    /[<>&\u2028\u2029]/g,
    (match) => `\\u${match.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
