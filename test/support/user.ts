/** A throw-away ordinary user with subordinate ids. */
import { chownSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { must, peer, type Result, type RunOptions, run } from './command.ts';
import { scratch } from './scratch.ts';

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly home: string;
  readonly runtimeDirectory: string;
  run(file: string, args: readonly string[], options?: RunOptions): Promise<Result>;
  must(file: string, args: readonly string[], options?: RunOptions): Promise<string>;
}

/** Makes a user that is gone after the test, with its processes, its home and its namespaces. */
export async function makeUser(context: Pick<TestContext, 'after'>): Promise<User> {
  const name = `lighter${process.pid.toString(36)}${Math.floor(Math.random() * 1e6).toString(36)}`;
  const base = scratch(context, 'user');
  await must('chmod', ['755', base]);
  const home = `${base}/home`;
  const runtimeDirectory = `${base}/runtime`;
  // bash and dash as shell alike: nothing here logs in.
  await must(peer('useradd'), ['--no-create-home', '--home-dir', home, '--shell', '/bin/sh', name]);
  context.after(async () => {
    await endProcesses(uid);
    await must(peer('userdel'), [name]);
  });
  const uid = Number(await must('id', ['-u', name]));
  const gid = Number(await must('id', ['-g', name]));
  if (!readFileSync('/etc/subuid', 'utf8').includes(`${name}:`)) {
    const start = 2_000_000 + (uid % 1000) * 65_536;
    await must(peer('usermod'), [
      '--add-subuids',
      `${start}-${start + 65_535}`,
      '--add-subgids',
      `${start}-${start + 65_535}`,
      name,
    ]);
  }
  for (const directory of [home, runtimeDirectory]) {
    mkdirSync(directory, { mode: 0o700 });
    chownSync(directory, uid, gid);
  }
  context.after(async () => {
    rmSync(runtimeDirectory, { recursive: true, force: true });
  });
  const command = (file: string, args: readonly string[], options: RunOptions = {}) => {
    const env = {
      HOME: home,
      USER: name,
      LOGNAME: name,
      XDG_RUNTIME_DIR: runtimeDirectory,
      XDG_CONFIG_HOME: undefined,
      XDG_DATA_HOME: undefined,
      ...options.env,
    };
    return [
      peer('setpriv'),
      ['--reuid', `${uid}`, '--regid', `${gid}`, '--init-groups', '--', file, ...args],
      { cwd: home, ...options, env },
    ] as const;
  };
  return {
    name,
    uid,
    home,
    runtimeDirectory,
    run: (...call) => run(...command(...call)),
    must: (...call) => must(...command(...call)),
  };
}

/** Ends what the user still runs (a pause process stays by design), by pid. */
async function endProcesses(uid: number): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const pids = (await run('ps', ['-o', 'pid=,stat=', '-u', `${uid}`])).stdout
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([pid, state]) => pid && !state?.startsWith('Z'))
      .map(([pid]) => Number(pid));
    if (pids.length === 0) return;
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Ended meanwhile.
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`processes of uid ${uid} don't end`);
}
