/** Running commands in tests: ours from dist/bin, peers from the distribution. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
export const repository = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
/** Runs a program to its end and collects its output. Throws only when it can't be started or takes too long. */
export function run(file, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.gid ?? options.uid }),
    });
    const stdout = [];
    const stderr = [];
    child.stdout.on('data', (data) => stdout.push(data));
    child.stderr.on('data', (data) => stderr.push(data));
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
export async function must(file, args, options = {}) {
  const result = await run(file, args, options);
  if (result.code !== 0) {
    throw new Error(`${file} ${args.join(' ')}: exit ${result.code}\n${result.stdout}${result.stderr}`);
  }
  return result.stdout.replace(/\n$/, '');
}
/** Path of one of our four commands as the set-up builds it. */
export function ours(name) {
  const path = `${repository}/dist/bin/${name}`;
  if (!existsSync(path)) throw new Error(`${path} is missing: run 'npm run build' first`);
  return path;
}
/** Path of the distribution's program of that name. */
export function peer(name) {
  for (const directory of ['/usr/bin', '/usr/sbin', '/bin', '/sbin']) {
    if (existsSync(`${directory}/${name}`)) return `${directory}/${name}`;
  }
  throw new Error(`${name} isn't installed: run 'sh scripts/setup.sh --test-tools' first`);
}
function signalNumber(signal) {
  return signal === 'SIGKILL' ? 9 : signal === 'SIGTERM' ? 15 : signal === 'SIGINT' ? 2 : 1;
}
//# sourceMappingURL=command.js.map
