/** conmon's command line (conmon(8)), in the order podman gives it. */
import { basename } from 'node:path';
import type { OciRuntime } from '../oci/command.ts';
import type { ContainerIo, CreateRequest, ExecRequest } from '../types.ts';

/** Runtimes that know `--log` and `--log-format=json` (containers.conf, `runtime_supports_json`). */
const jsonLogRuntimes = ['crun', 'runc', 'kata', 'runsc', 'youki', 'krun', 'ocijail'];

export function supportsJsonLog(runtimePath: string): boolean {
  const name = basename(runtimePath);
  return jsonLogRuntimes.some((known) => name === known || name.startsWith(`${known}-`));
}

/** Everything behind `conmon`. `features` are the installed conmon's long options. */
export function conmonArguments(
  request: CreateRequest,
  runtime: OciRuntime,
  features: ReadonlySet<string>,
): readonly string[] {
  const { id, io } = request;
  const args = ['--api-version', '1', '-c', id, '-u', id, '-r', runtime.path, '-b', request.bundle];
  args.push('-p', `${request.runDirectory}/pidfile`, '-n', request.name, '--exit-dir', request.exitDirectory);
  if (request.persistDirectory !== undefined && features.has('persist-dir')) {
    args.push('--persist-dir', request.persistDirectory);
  }
  args.push('--full-attach');
  for (const argument of runtime.globalArguments) args.push('--runtime-arg', argument);
  if (request.systemdCgroup) args.push('-s');
  args.push('-l', logTarget(io), '--log-level', request.logLevel ?? 'warning');
  if (io.logSizeMax !== undefined && io.logSizeMax > 0) args.push('--log-size-max', String(io.logSizeMax));
  if (request.volatileLog && features.has('no-sync-log')) args.push('--no-sync-log');
  if (supportsJsonLog(runtime.path)) {
    args.push('--runtime-arg', '--log-format=json', '--runtime-arg', '--log');
    args.push('--runtime-arg', `${request.runDirectory}/oci-log`);
  }
  if (io.logTag !== undefined) args.push('--log-tag', io.logTag);
  if (request.sdnotifySocket !== undefined) args.push(`--sdnotify-socket=${request.sdnotifySocket}`);
  if (io.terminal) args.push('-t');
  else if (io.stdin) args.push('-i');
  if (request.timeout !== undefined && request.timeout > 0) args.push(`--timeout=${request.timeout}`);
  if (request.newKeyring === false) args.push('--no-new-keyring');
  args.push('--conmon-pidfile', `${request.runDirectory}/conmon.pid`);
  if (request.noPivot) args.push('--no-pivot');
  const [exitCommand, ...exitArguments] = request.exitCommand ?? [];
  if (exitCommand !== undefined) {
    args.push('--exit-command', exitCommand);
    for (const argument of exitArguments) args.push('--exit-command-arg', argument);
  }
  const preserved = request.preservedFds?.length ?? 0;
  if (preserved > 0) args.push('--runtime-opt', '--preserve-fds', '--runtime-opt', String(preserved));
  return args;
}

/** Everything behind `conmon` for a further process in a container. */
export function execArguments(request: ExecRequest, runtime: OciRuntime): readonly string[] {
  const { directory } = request;
  const args = ['--api-version', '1', '-c', request.containerId, '-u', request.session, '-r', runtime.path];
  args.push('-b', directory, '-p', `${directory}/exec_pid`, '-n', request.name, '--exit-dir', `${directory}/exit`);
  args.push('--full-attach');
  for (const argument of runtime.globalArguments) args.push('--runtime-arg', argument);
  if (request.systemdCgroup) args.push('-s');
  args.push('-l', 'none', '--log-level', request.logLevel ?? 'warning');
  if (supportsJsonLog(runtime.path)) {
    args.push('--runtime-arg', '--log-format=json', '--runtime-arg', '--log', '--runtime-arg', `${directory}/oci-log`);
  }
  if (request.process.terminal) args.push('-t');
  if (request.stdin) args.push('-i');
  const preserved = request.preservedFds?.length ?? 0;
  if (preserved > 0) args.push('--runtime-opt', '--preserve-fds', '--runtime-opt', String(preserved));
  args.push('-e', '--exec-process-spec', `${directory}/process.json`);
  if (request.attach) args.push('--exec-attach');
  return args;
}

function logTarget(io: ContainerIo): string {
  return io.logDriver === 'k8s-file' ? `k8s-file:${io.logPath ?? ''}` : io.logDriver;
}
