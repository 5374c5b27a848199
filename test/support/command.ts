/** Running commands in tests: ours from dist/bin, peers from the distribution. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

export interface Result {
  /** Exit status, or 128 + n when signal n ended the command. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  readonly uid?: number;
  readonly gid?: number;
  /** Milliseconds; the command is then killed and the call throws. Default two minutes. */
  readonly timeout?: number;
}

/** Runs a program to its end and collects its output. Throws only when it can't be started or takes too long. */
export function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env } as NodeJS.ProcessEnv,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.gid ?? options.uid }),
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (data: Buffer) => stdout.push(data));
    child.stderr.on('data', (data: Buffer) => stderr.push(data));
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
      reject(
        new Error(
          `${file} ${args.join(' ')}: no end after ${options.timeout ?? 120_000} ms\n${Buffer.concat(stderr).toString()}`,
        ),
      );
    }, options.timeout ?? 120_000);
    child.on('error', (error) => {
      clearTimeout(late);
      reject(error);
    });
    child.on('close', (status, signal) => {
      clearTimeout(late);
      resolve({
        code: status ?? 128 + signalNumber(signal),
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      });
    });
    child.stdin.on('error', () => {}); // a command may end without reading its input
    child.stdin.end(options.input ?? '');
  });
}

/** Like {@link run}, but a failure throws with everything the command said. Returns stdout without its last newline. */
export async function must(file: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(file, args, options);
  if (result.code !== 0) {
    throw new Error(`${file} ${args.join(' ')}: exit ${result.code}\n${result.stdout}${result.stderr}`);
  }
  return result.stdout.replace(/\n$/, '');
}

export type CommandName = 'skopeo' | 'buildah' | 'podman' | 'crio';

/** Path of one of our four commands as the set-up builds it. */
export function ours(name: CommandName): string {
  const path = `${repository}/dist/bin/${name}`;
  if (!existsSync(path)) throw new Error(`${path} is missing: run 'npm run build' first`);
  return path;
}

/** Path of the distribution's program of that name. */
export function peer(name: string): string {
  for (const directory of ['/usr/bin', '/usr/sbin', '/bin', '/sbin']) {
    if (existsSync(`${directory}/${name}`)) return `${directory}/${name}`;
  }
  throw new Error(`${name} isn't installed: run 'sh scripts/setup.sh --test-tools' first`);
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === 'SIGKILL' ? 9 : signal === 'SIGTERM' ? 15 : signal === 'SIGINT' ? 2 : 1;
}
