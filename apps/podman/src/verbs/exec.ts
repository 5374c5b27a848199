import { bool, int, string, stringList, strings } from '@lighter/cli/flags';
import { parseDetachKeys } from '@lighter/container/attach/detach-keys';
import { type ExecCommand, execDetached, execInForeground } from '@lighter/engine/exec/exec';
import { linux } from '@lighter/linux/native';
import { namesWithCidFiles } from '../cid-files.ts';
import { podmanCommand } from '../context.ts';
import { environmentOf } from '../environment.ts';
import { followSize, rawMode } from '../foreground.ts';
import { preservedFds } from '../preserved-fds.ts';

export const command = podmanCommand({
  use: 'exec [options] CONTAINER COMMAND [ARG...]',
  summary: 'Run a process in a running container',
  examples: [
    'podman exec -it ctrID ls',
    'podman exec -it -w /tmp myCtr pwd',
    'podman exec --user root ctrID ls',
    'podman exec --detach ctrID sleep 60',
  ],
  interspersed: false,
  flags: {
    cidfile: string('read the container ID from the file'),
    detach: bool('run the exec session in detached mode (backgrounded)', { short: 'd' }),
    'detach-keys': string('select the key sequence for detaching a container'),
    env: strings('set environment variables', { short: 'e' }),
    'env-file': strings('read in a file of environment variables'),
    interactive: bool('make STDIN available to the contained process', { short: 'i' }),
    latest: bool('act on the latest container podman is aware of', { short: 'l' }),
    'preserve-fd': stringList('pass a list of additional file descriptors to the container'),
    'preserve-fds': int('pass N additional file descriptors to the container'),
    privileged: bool('give the process extended Linux capabilities inside the container'),
    tty: bool('allocate a pseudo-TTY', { short: 't' }),
    user: string('sets the username or UID used and optionally the groupname or GID', { short: 'u' }),
    workdir: string('working directory inside the container', { short: 'w' }),
  },
  async run({ flags, args, context }) {
    const engine = await context.engine();
    const named = flags.cidfile === undefined && !flags.latest;
    const [name, ...words] = named ? args : ['', ...args];
    if (named && name === undefined)
      throw new Error('exec requires the name or ID of a container or the --latest or --cidfile flag');
    const container = flags.latest
      ? (await engine.containers.all()).at(-1)
      : await engine.containers.get(
          flags.cidfile === undefined ? (name ?? '') : (namesWithCidFiles([], [flags.cidfile])[0] ?? ''),
        );
    if (!container) throw new Error('no containers to choose the latest of');
    const terminal = flags.tty ?? false;
    const interactive = flags.interactive ?? false;
    const fds = preservedFds(flags['preserve-fds'], flags['preserve-fd']);
    const size = terminal ? (linux.terminalSize(1) ?? linux.terminalSize(0)) : undefined;
    const request: ExecCommand = {
      command: words,
      terminal,
      interactive,
      privileged: flags.privileged ?? false,
      env: environmentOf(flags['env-file'] ?? [], flags.env ?? []),
      ...(flags.user === undefined ? {} : { user: flags.user }),
      ...(flags.workdir === undefined ? {} : { workdir: flags.workdir }),
      ...(size ? { size } : {}),
      ...(fds.length > 0 ? { preservedFds: fds } : {}),
    };
    try {
      if (flags.detach) {
        process.stdout.write(`${await execDetached(engine, container, request)}\n`);
        return 0;
      }
      const { engine: settings } = await engine.conf();
      const keys = parseDetachKeys(flags['detach-keys'] ?? settings.detach_keys);
      const raw = terminal && interactive && process.stdin.isTTY;
      const how = await execInForeground(engine, container, request, {
        ...(interactive ? { stdin: 0 } : {}),
        stdout: 1,
        stderr: 2,
        detachKeys: terminal ? keys : new Uint8Array(),
        onStarted(running) {
          const undo = [...(terminal ? [followSize(running)] : []), ...(raw ? [rawMode()] : [])];
          return () => {
            for (const one of undo) one();
          };
        },
      });
      return how === 'detached' ? 0 : how;
    } catch (error) {
      throw execFailure(error);
    }
  },
});

/** 127 without the command, 126 for one that can't be executed, 125 for arguments that make no sense, else 255. */
function execFailure(error: unknown): Error {
  const { name, code, exitCode, message } = error as Error & { code?: string; exitCode?: number };
  const runtime = name === 'RuntimeError' && (code === 'COMMAND_NOT_FOUND' || code === 'PERMISSION_DENIED');
  const status = runtime ? exitCode : /invalid argument$/.test(message) ? 125 : 255;
  return Object.assign(new Error(message, { cause: error }), { exitCode: status });
}
