/**
 * Runs tasks with our command and the peer's in turns (A B A B …) and prints medians and the ratio.
 *
 *   npm run bench -- [--runs N] [--directory DIR] [TASK…]     default: all tasks
 *
 * The peer is the distribution's command. Stores and outputs go below DIR (default /dev/shm): name a folder on a
 * journaled disk to measure that.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { must, ours, peer, run } from '../test/support/command.ts';
import { startRegistry } from '../test/support/registry.ts';
import { unmountBelow } from '../test/support/scratch.ts';
import { fixture } from './fixtures.ts';
import { type Measurement, measure } from './measure.ts';
import { type Place, type Task, tasks } from './tasks.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string' }, directory: { type: 'string', default: '/dev/shm' } },
});
const names = positionals.length > 0 ? positionals : Object.keys(tasks);
const unknown = names.filter((name) => !(name in tasks));
if (unknown.length > 0) {
  process.stderr.write(`unknown task ${unknown.join(', ')}; there are: ${Object.keys(tasks).join(', ')}\n`);
  process.exit(2);
}

const cleaners: (() => Promise<void> | void)[] = [];
const context = { after: (action: () => Promise<void> | void) => void cleaners.unshift(action) };
const base = mkdtempSync(`${values.directory}/lighter-bench-`);
context.after(async () => {
  await unmountBelow(base);
  rmSync(base, { recursive: true, force: true });
});

try {
  const registry = await startRegistry(context as never);
  process.stdout.write(
    `${row(['task', 'runs', 'wall ours', 'peer', 'ratio', 'CPU ours', 'peer', 'RSS ours', 'peer'])}\n`,
  );
  for (const name of names) {
    const task = tasks[name] as Task;
    for (const image of task.fixtures) await push(image, registry.host, await fixture(image));
    const results = await turns(task, registry.host);
    process.stdout.write(`${report(task, results)}\n`);
  }
} finally {
  for (const clean of cleaners) await clean();
}

async function push(image: string, host: string, layout: string): Promise<void> {
  const there = await run(peer('skopeo'), [
    'inspect',
    '--raw',
    '--tls-verify=false',
    `docker://${host}/${image}:latest`,
  ]);
  if (there.code === 0) return;
  await must(peer('skopeo'), [
    'copy',
    '--insecure-policy',
    '--dest-tls-verify=false',
    `oci:${layout}:latest`,
    `docker://${host}/${image}:latest`,
  ]);
}

async function turns(task: Task, registry: string): Promise<Record<'ours' | 'peer', Measurement[]>> {
  const results: Record<'ours' | 'peer', Measurement[]> = { ours: [], peer: [] };
  const runs = Number(values.runs ?? task.runs);
  const env = environment();
  for (let turn = 0; turn < runs; turn++) {
    for (const side of ['ours', 'peer'] as const) {
      const place: Place = { side, run: `${base}/run`, home: `${base}/${side}`, registry };
      mkdirSync(place.run);
      mkdirSync(place.home, { recursive: true });
      const program = side === 'ours' ? ours(task.command) : peer(task.command);
      for (const step of task.before?.(place) ?? []) {
        if (turn === 0 || !step.once) await must(program, step.args, { env });
      }
      results[side].push(measure([program, ...task.args(place)], base, env));
      await unmountBelow(place.run);
      rmSync(place.run, { recursive: true });
    }
  }
  for (const side of ['ours', 'peer']) {
    await unmountBelow(`${base}/${side}`);
    rmSync(`${base}/${side}`, { recursive: true });
  }
  return results;
}

/** The peer needs limits that a host without CAP_SYS_RESOURCE can give, and no systemd. */
function environment(): NodeJS.ProcessEnv {
  const configuration = `${base}/containers.conf`;
  writeFileSync(
    configuration,
    '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n[network]\nnetwork_backend = "cni"\n',
  );
  return { ...process.env, CONTAINERS_CONF: configuration };
}

function report(task: Task, results: Record<'ours' | 'peer', Measurement[]>): string {
  const middle = (side: 'ours' | 'peer', field: keyof Measurement) => median(results[side].map((one) => one[field]));
  const ratio = middle('ours', 'wall') / middle('peer', 'wall');
  return row([
    task.title,
    `${results.ours.length}`,
    time(middle('ours', 'wall')),
    time(middle('peer', 'wall')),
    ratio.toFixed(2),
    time(middle('ours', 'cpu')),
    time(middle('peer', 'cpu')),
    `${Math.round(middle('ours', 'rss') / 1e6)} MB`,
    `${Math.round(middle('peer', 'rss') / 1e6)} MB`,
  ]);
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell, index) => (index === 0 ? cell.padEnd(62) : cell.padStart(9))).join(' | ')} |`;
}

function time(seconds: number): string {
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(2)} s`;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
