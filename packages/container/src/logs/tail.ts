/** Finding the last lines of a log without reading what is before them. */
import type { FileHandle } from 'node:fs/promises';
import { parseLogLine } from './line.ts';

const BLOCK = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * Offset of the first of the last `count` lines. A line that was written in parts counts once: its parts stand before
 * the one that ends it.
 */
export async function tailOffset(file: FileHandle, count: number): Promise<number> {
  const { size } = await file.stat();
  if (count <= 0) return size;
  let found = 0;
  let result = size;
  // Bytes from `position` to the start of the earliest line looked at so far.
  let pending: Buffer = Buffer.alloc(0);
  for (let position = size; position > 0; ) {
    const length = Math.min(BLOCK, position);
    position -= length;
    const block = Buffer.alloc(length);
    await file.read(block, 0, length, position);
    let data: Buffer = Buffer.concat([block, pending]);
    // Whole lines from the end; what is before the first newline may go on in the block before.
    for (;;) {
      const end = data.at(-1) === NEWLINE ? data.length - 1 : data.length;
      const before = data.lastIndexOf(NEWLINE, end - 1);
      if (before < 0 && position > 0) break;
      const line = parseLogLine(data.subarray(before + 1, end));
      // The end of a line, or the last line of all that has no end yet.
      if (line && (!line.partial || found === 0)) found++;
      if (found > count) return result;
      result = position + before + 1;
      if (before < 0) return 0;
      data = data.subarray(0, before + 1);
      if (data.length === 0) break;
    }
    pending = data;
  }
  return result;
}
