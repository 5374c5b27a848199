/** What a command may not leave behind: mounts, processes, network namespaces. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface MachineState {
  readonly mounts: readonly string[];
  /** `pid name` of everything that runs, kernel threads aside. */
  readonly processes: ReadonlyMap<number, string>;
  readonly networkNamespaces: readonly string[];
}

export function machineState(): MachineState {
  const processes = new Map<number, string>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      if (command !== '') processes.set(Number(entry), command); // zombies have none: PID 1 reaps them late
    } catch {
      // Ended meanwhile.
    }
  }
  return {
    mounts: readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[4] ?? '')
      .filter(Boolean),
    processes,
    networkNamespaces: list('/run/netns'),
  };
}

/**
 * Waits until nothing is there that wasn't before, and returns what still is. Only processes that mention `mark`
 * (a scratch directory, say) count, since others work on this machine too.
 */
export async function leftovers(before: MachineState, mark: string, milliseconds = 3000): Promise<string[]> {
  const end = Date.now() + milliseconds;
  for (;;) {
    const now = machineState();
    const left = [
      ...now.mounts
        .filter((point) => point.includes(mark) && !before.mounts.includes(point))
        .map((point) => `mount ${point}`),
      ...[...now.processes]
        .filter(([pid, command]) => !before.processes.has(pid) && pid !== process.pid && mentions(pid, command, mark))
        .map(([pid, command]) => `process ${pid} ${command}`),
      ...now.networkNamespaces
        .filter((name) => !before.networkNamespaces.includes(name))
        .map((name) => `netns ${name}`),
    ];
    if (left.length === 0 || Date.now() > end) return left;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function mentions(pid: number, command: string, mark: string): boolean {
  if (command.includes(mark)) return true;
  try {
    return readlinkSync(`/proc/${pid}/cwd`).includes(mark);
  } catch {
    return false;
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
