/** Writing a configuration as JSON that Go and C read without loss. */
import type { Spec } from '@lighter/spec/runtime';

/** JavaScript's number next to RLIM_INFINITY is one too many for an unsigned 64-bit integer. */
const TWO_TO_64 = 2 ** 64;
const { rawJSON } = JSON as typeof JSON & { rawJSON(text: string): unknown };
const largest = rawJSON('18446744073709551615');

/** The text of `config.json`. */
export function serializeSpec(spec: Spec): string {
  return JSON.stringify(spec, (_, value: unknown) => (value === TWO_TO_64 ? largest : value));
}
