/** The small language of removals that flags for sets and maps share: `X` or `K=V` adds, `X-` removes, `-` clears. */
import { sortedKeys } from '@lighter/spec/go-json';

export type SetOfNames = Record<string, object>;

/** Ports and volumes: names as they are. Keys end up in Go's order. */
export function editSet(
  set: Readonly<SetOfNames> | null | undefined,
  edits: readonly string[],
  clears: (edit: string) => boolean,
): SetOfNames {
  let result: SetOfNames = { ...set };
  for (const edit of edits) {
    if (clears(edit)) result = {};
    else if (edit.endsWith('-')) delete result[edit.slice(0, -1)];
    else result[edit] = {};
  }
  return sortedKeys(result);
}

/** Labels and annotations. */
export function editMap(
  map: Readonly<Record<string, string>> | null | undefined,
  edits: readonly string[],
): Record<string, string> {
  let result: Record<string, string> = { ...map };
  for (const edit of edits) {
    const equals = edit.indexOf('=');
    if (edit === '-') result = {};
    else if (equals >= 0) result[edit.slice(0, equals)] = edit.slice(equals + 1);
    else if (edit.endsWith('-')) delete result[edit.slice(0, -1)];
    else result[edit] = '';
  }
  return sortedKeys(result);
}

/** A list without doubles. */
export function editList(list: readonly string[] | undefined, edits: readonly string[]): string[] {
  let result = [...(list ?? [])];
  for (const edit of edits) {
    if (edit === '-') result = [];
    else if (edit.endsWith('-')) result = result.filter((one) => one !== edit.slice(0, -1));
    else if (!result.includes(edit)) result.push(edit);
  }
  return result;
}

export function without(map: Readonly<Record<string, string>> | null | undefined, keys: readonly string[]) {
  return Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => !keys.includes(key)));
}
