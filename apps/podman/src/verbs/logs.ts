import { writeSync } from 'node:fs';
import { bool, int, string } from '@lighter/cli/flags';
import { parseTime } from '@lighter/cli/time';
import type { LogLine } from '@lighter/container/logs/line';
import { readLog } from '@lighter/container/logs/read';
import type { Engine } from '@lighter/engine/engine';
import type { ContainerRecord } from '@lighter/engine/record';
import { podmanCommand } from '../context.ts';
import { selectContainers } from '../select-containers.ts';

export const command = podmanCommand({
  use: 'logs [options] CONTAINER [CONTAINER...]',
  summary: 'Retrieves logs for one or more containers.',
  examples: ['podman logs --tail 2 mywebserver', 'podman logs --follow=true --since 10m ctrID'],
  flags: {
    follow: bool('follow log output', { short: 'f' }),
    latest: bool('act on the latest container podman is aware of', { short: 'l' }),
    names: bool('output the container name in the log', { short: 'n' }),
    since: string('show logs since TIMESTAMP'),
    tail: int('output the specified number of LINES at the end of the logs'),
    timestamps: bool('output the timestamps in the log', { short: 't' }),
    until: string('show logs until TIMESTAMP'),
  },
  async run({ flags, args, context, signal }) {
    const engine = await context.engine();
    const selected = await selectContainers(engine, { names: args, latest: flags.latest });
    const show = async (record: ContainerRecord) => {
      const { logDriver, logPath } = record.config.io;
      if (logDriver === 'none')
        throw new Error(
          "this container is using the 'none' log driver, cannot read logs: this container is not logging output",
        );
      if (logDriver !== 'k8s-file' || logPath === undefined)
        throw new Error(`reading logs of the driver ${logDriver} is not built yet`);
      const prefix = flags.names ? `${record.name} ` : selected.length > 1 ? `${record.id.slice(0, 12)} ` : '';
      const lines = readLog(logPath, {
        ...(flags.tail === undefined || flags.tail < 0 ? {} : { tail: flags.tail }),
        ...(flags.since === undefined ? {} : { since: parseTime(flags.since, 'before') }),
        ...(flags.until === undefined ? {} : { until: parseTime(flags.until, 'after') }),
        ...(flags.follow ? { follow: { ended: () => hasEnded(engine, record.id) } } : {}),
        signal,
      });
      for await (const line of lines) write(line, prefix, flags.timestamps ?? false);
    };
    if (flags.follow) await Promise.all(selected.map(({ container }) => show(container.record)));
    else for (const { container } of selected) await show(container.record);
    return undefined;
  },
});

async function hasEnded(engine: Engine, id: string): Promise<boolean> {
  const container = await engine.containers.find(id);
  return !container || ['exited', 'stopped'].includes(container.state.status);
}

/** A partial line goes on in the next one. */
function write(line: LogLine, prefix: string, timestamps: boolean): void {
  const head = Buffer.from(`${prefix}${timestamps ? `${line.time} ` : ''}`);
  const whole = Buffer.concat([head, line.message, Buffer.from(line.partial ? '' : '\n')]);
  const fd = line.stream === 'stdout' ? 1 : 2;
  for (let at = 0; at < whole.length; ) {
    try {
      at += writeSync(fd, whole, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') process.exit(0); // the reader has seen enough
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
