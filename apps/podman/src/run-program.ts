/** Runs a program on our own terminal until it ends. */
import { accessSync, constants } from 'node:fs';
import { linux } from '@lighter/linux/native';

/** Its exit status, 128 + n for signal n, 127 when there is no such program. */
export async function runForeground(program: string, args: readonly string[]): Promise<number> {
  const file = findProgram(program);
  if (file === undefined) {
    process.stderr.write(`Error: exec: ${JSON.stringify(program)}: executable file not found in $PATH\n`);
    return 127;
  }
  // The program gets the terminal's signals itself; we wait for what it makes of them.
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) process.on(signal, () => {});
  const pid = linux.spawn({ file, argv: [program, ...args], fds: [0, 1, 2] });
  const { status, signal = 0 } = await linux.waitpid(pid);
  return status ?? 128 + signal;
}

function findProgram(program: string): string | undefined {
  if (program.includes('/')) return program;
  const directories = (process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin').split(':');
  return directories.map((directory) => `${directory || '.'}/${program}`).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
