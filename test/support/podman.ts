/** Our podman on a store of its own with one sample image, as root or as an ordinary user. */
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { must, ours, type Result, type RunOptions, run } from './command.ts';
import { makeSample, type SampleOptions } from './sample-image.ts';
import { scratch } from './scratch.ts';
import { makeUser, type User } from './user.ts';

export interface Podman {
  /** Scratch space of the test; an ordinary user's own. */
  readonly directory: string;
  readonly root: string;
  readonly user: User | undefined;
  /** Standard output without its last newline; a failure throws. */
  must(...args: string[]): Promise<string>;
  run(...args: string[]): Promise<Result>;
  /** With a containers.conf instead of the machine's. */
  withConf(text: string): Podman;
}

export interface PodmanOptions {
  readonly rootless?: boolean;
  readonly image?: SampleOptions;
}

/** The image is there as `busy`. Containers, mounts and the user are gone after the test. */
export async function podmanWithImage(t: TestContext, options: PodmanOptions = {}): Promise<Podman> {
  let clean = async () => {};
  // Before the user goes, and the scratch space.
  t.after(() => clean());
  const user = options.rootless ? await makeUser(t) : undefined;
  const base = scratch(t, 'podman');
  await must('chmod', ['755', base]);
  const directory = user ? `${user.home}/work` : `${base}/work`;
  mkdirSync(directory);
  if (user) chownSync(directory, user.uid, user.uid);
  const root = `${directory}/root`;
  const flags = ['--root', root, '--runroot', `${directory}/run`, '--storage-driver', 'overlay'];
  const sample = await makeSample(`${base}/image`, options.image);
  const name = `containers-storage:[overlay@${root}+${directory}/run]localhost/busy:latest`;
  const call = (file: string, args: readonly string[], how: RunOptions = {}) =>
    user ? user.run(file, args, how) : run(file, args, how);
  const podman = (conf: string | undefined): Podman => {
    const how: RunOptions = conf === undefined ? {} : { env: { CONTAINERS_CONF: conf } };
    return {
      directory,
      root,
      user,
      run: (...args) => call(ours('podman'), [...flags, ...args], how),
      async must(...args) {
        const result = await call(ours('podman'), [...flags, ...args], how);
        if (result.code !== 0)
          throw new Error(`podman ${args.join(' ')}: exit ${result.code}\n${result.stdout}${result.stderr}`);
        return result.stdout.replace(/\n$/, '');
      },
      withConf(text) {
        const path = `${directory}/containers-${Math.random().toString(36).slice(2)}.conf`;
        writeFileSync(path, text);
        return podman(path);
      },
    };
  };
  clean = async () => {
    await podman(undefined).run('rm', '-f', '-t', '0', '--all');
    // Its files belong to its subordinate ids.
    if (user) await user.run(ours('podman'), [...flags, 'unshare', 'rm', '-rf', root]);
  };
  const copy = ['copy', '-q', '--insecure-policy', `oci:${sample.layout}`, name];
  const copied = user
    ? await user.run(ours('podman'), [...flags, 'unshare', ours('skopeo'), ...copy])
    : await run(ours('skopeo'), copy);
  if (copied.code !== 0) throw new Error(copied.stderr);
  return podman(undefined);
}
