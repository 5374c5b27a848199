/** Runs a short command to its end, with nothing but the descriptors it needs. */
import { closeSync } from 'node:fs';
import { linux } from '@lighter/linux/native';
import type { Exit } from '@lighter/linux/syscalls';

export interface CommandResult {
  readonly exit: Exit;
  /** Standard output and error in the order written. */
  readonly output: string;
}

/** Reads a descriptor to its end and closes it. */
export async function readAll(fd: number, maxBytes = 1 << 20): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const chunk = await linux.read(fd, 65536);
      if (!chunk) return Buffer.concat(chunks);
      // What is over the limit is read and thrown away, so that the writer never blocks.
      if (size < maxBytes) chunks.push(chunk);
      size += chunk.length;
    }
  } finally {
    closeSync(fd);
  }
}

/** Runs `argv` with /dev/null as standard input and collects what it writes. Throws only when it can't be started. */
export async function runCommand(
  file: string,
  argv: readonly string[],
  env: readonly string[],
): Promise<CommandResult> {
  const [reader, writer] = linux.pipe();
  let pid: number;
  try {
    pid = linux.spawn({ file, argv, env, fds: [-1, writer, writer] });
  } catch (error) {
    closeSync(reader);
    throw error;
  } finally {
    closeSync(writer);
  }
  const output = (await readAll(reader)).toString();
  return { exit: await linux.waitpid(pid), output };
}
