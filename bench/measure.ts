/** Measures one command with its whole process tree (see measure.c). */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Measurement {
  /** Seconds until the command itself ended. */
  readonly wall: number;
  /** User and system seconds of the command and all its descendants. */
  readonly cpu: number;
  /** Peak of the sum of the descendants' resident memory, in bytes. */
  readonly rss: number;
  readonly code: number;
}

/** Runs `argv` in a shell-free way; throws when it fails. */
export function measure(argv: readonly string[], scratch: string, env: NodeJS.ProcessEnv): Measurement {
  const out = `${scratch}/measurement.json`;
  const result = spawnSync(measureProgram(), [out, ...argv], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 26,
  });
  if (result.error) throw result.error;
  const measurement = JSON.parse(readFileSync(out, 'utf8')) as Measurement;
  if (measurement.code !== 0) {
    throw new Error(`${argv.join(' ')}: exit ${measurement.code}\n${result.stderr.toString()}`);
  }
  return measurement;
}

let program: string | undefined;

/** Compiles measure.c when it is newer than its program. */
function measureProgram(): string {
  if (program) return program;
  const source = fileURLToPath(new URL('measure.c', import.meta.url));
  const directory = fileURLToPath(new URL('../node_modules/.cache/bench', import.meta.url));
  const binary = `${directory}/measure`;
  if (!existsSync(binary) || statSync(binary).mtimeMs < statSync(source).mtimeMs) {
    mkdirSync(directory, { recursive: true });
    const compiled = spawnSync('cc', ['-O2', '-Wall', '-o', binary, source], { stdio: 'inherit' });
    if (compiled.status !== 0) throw new Error('cc could not compile bench/measure.c');
  }
  program = binary;
  return binary;
}
