/** The keys that leave an attached container running: `ctrl-p,ctrl-q`. */
import { ContainerError } from '../errors.ts';

/**
 * Bytes of a sequence like `ctrl-p,ctrl-q` or `a,b`; '' means that there is none. Throws ContainerError `INVALID`.
 */
export function parseDetachKeys(text: string): Uint8Array {
  if (text === '') return new Uint8Array();
  return Uint8Array.from(
    text.split(',').map((key) => {
      const control = /^ctrl-([a-z@[\\\]^_])$/i.exec(key)?.[1];
      if (control !== undefined) return control.toUpperCase().charCodeAt(0) & 0x1f;
      const byte = key.charCodeAt(0);
      if (key.length !== 1 || byte > 0x7f) {
        throw new ContainerError(
          'INVALID',
          `invalid detach keys "${text}": "${key}" is neither ctrl-X nor one character`,
        );
      }
      return byte;
    }),
  );
}

/** Watches what is typed. Bytes that begin the sequence are held back until it is clear that they don't go on. */
export class DetachFilter {
  readonly #keys: Uint8Array;
  #matched = 0;

  constructor(keys: Uint8Array) {
    this.#keys = keys;
  }

  /** What goes to the container, and whether the sequence is complete: what was typed behind it is dropped. */
  push(data: Uint8Array): { readonly data: Uint8Array; readonly detach: boolean } {
    if (this.#keys.length === 0) return { data, detach: false };
    const out: number[] = [];
    for (const byte of data) {
      if (byte === this.#keys[this.#matched]) {
        this.#matched++;
        if (this.#matched === this.#keys.length) return { data: Uint8Array.from(out), detach: true };
        continue;
      }
      out.push(...this.#keys.subarray(0, this.#matched));
      this.#matched = byte === this.#keys[0] ? 1 : 0;
      if (this.#matched === 0) out.push(byte);
    }
    return { data: Uint8Array.from(out), detach: false };
  }
}
