/** Scratch directories on tmpfs, unmounted and removed also when the test fails. */
import { mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { must } from './command.js';

const TMPFS_MAGIC = 0x01021994;
function scratchRoot() {
  try {
    if (statfsSync('/dev/shm').type === TMPFS_MAGIC) return '/dev/shm';
  } catch {
    // No tmpfs: any directory will do, only slower.
  }
  return tmpdir();
}
/** A new directory, gone after the test with everything mounted below it. */
export function scratch(context, name = 'test') {
  const directory = mkdtempSync(`${scratchRoot()}/lighter-${name}-`);
  context.after(async () => {
    await unmountBelow(directory);
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}
/** Mount points at or below a directory, deepest first. */
export function mountsBelow(directory) {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) =>
      (line.split(' ')[4] ?? '').replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8))),
    )
    .filter((point) => point === directory || point.startsWith(`${directory}/`))
    .reverse();
}
export async function unmountBelow(directory) {
  for (const point of mountsBelow(directory)) await must('umount', ['-l', point]);
}
//# sourceMappingURL=scratch.js.map
