/** Our skopeo from its sources, and the distribution's, with the same arguments. */
import { peer, type Result, type RunOptions, repository, run } from './command.ts';

/** Runs our skopeo. No policy is asked, unless the arguments name one. */
export function skopeo(args: readonly string[], options: RunOptions = {}): Promise<Result> {
  const main = ['--conditions=source', `${repository}/apps/skopeo/src/main.ts`];
  return run(process.execPath, [...main, ...withPolicy(args)], options);
}

/** Runs the distribution's skopeo. */
export function peerSkopeo(args: readonly string[], options: RunOptions = {}): Promise<Result> {
  return run(peer('skopeo'), withPolicy(args), options);
}

function withPolicy(args: readonly string[]): string[] {
  return args.some((arg) => arg.startsWith('--policy')) ? [...args] : ['--insecure-policy', ...args];
}
