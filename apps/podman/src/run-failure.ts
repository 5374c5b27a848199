/** Exit status of a container that could not be started: 127 when its command isn't there, else 126; 125 for our own failures. */
export function runFailure(error: unknown): Error {
  const { name, code, message, exitCode } = error as Error & { code?: string; exitCode?: number };
  const atStart =
    name === 'RuntimeError' || name === 'NetworkError' || code === 'ROOTFS_UNUSABLE' || code === 'PORT_IN_USE';
  if (!atStart) return error as Error;
  const status = exitCode ?? (/not found|no such file/i.test(message) ? 127 : 126);
  return Object.assign(new Error(message, { cause: error }), { exitCode: status });
}
