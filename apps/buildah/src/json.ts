/** JSON on stdout as upstream prints it. */
import { goJson } from '@lighter/spec/go-json';

/** Indented by four blanks; characters of HTML are escaped unless a person reads it. */
export function printJson(value: unknown): void {
  process.stdout.write(`${indentedJson(value)}\n`);
}

function indentedJson(value: unknown): string {
  const text = JSON.stringify(value, null, 4);
  return process.stdout.isTTY ? text : escapeHtml(text);
}

/** The escapes of goJson, on a text that is JSON already. */
function escapeHtml(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (match) => goJson(match).slice(1, -1));
}
