/** The head of an HTTP/1.1 answer (RFC 9112), as far as a plain download needs it. */

/** Most bytes of a head. */
export const MAX_HEAD = 64 * 1024;

export interface ResponseHead {
  readonly status: number;
  /** Names in lower case; of repeated ones the values are joined by a comma (RFC 9110, 5.3). */
  readonly headers: Readonly<Record<string, string>>;
  /** Length of the body where it has one of known length and no transfer coding; undefined: read it another way. */
  readonly length: number | undefined;
  /** Bytes of the head itself. */
  readonly bytes: number;
}

/** undefined while the end of the head hasn't come. Throws for what isn't a head. */
export function parseResponseHead(data: Buffer): ResponseHead | undefined {
  const end = data.indexOf('\r\n\r\n');
  if (end < 0) {
    if (data.length > MAX_HEAD) throw new Error(`the head of the answer exceeds ${MAX_HEAD} bytes`);
    return undefined;
  }
  const [first = '', ...lines] = data.subarray(0, end).toString('latin1').split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1];
  if (status === undefined) throw new Error('the answer is not HTTP/1.1');
  const headers: Record<string, string> = Object.create(null);
  for (const line of lines) {
    const [, name, value = ''] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined) throw new Error('the head of the answer has a malformed line');
    const key = name.toLowerCase();
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
  }
  return { status: Number(status), headers, length: bodyLength(headers), bytes: end + 4 };
}

/** Anything doubtful (a transfer coding, two lengths) has no length here: request smuggling lives from guessing. */
function bodyLength(headers: Readonly<Record<string, string>>): number | undefined {
  const text = headers['content-length'];
  if (text === undefined || headers['transfer-encoding'] !== undefined || !/^\d{1,15}$/.test(text)) return undefined;
  return Number(text);
}
