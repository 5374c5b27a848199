/** What `copy` and `add` do alike. */
import { resolve } from 'node:path';
import type { Builder } from '@lighter/build/builder';
import type { CopyRequest } from '@lighter/build/copy/copy-request';
import { openBuilder } from '@lighter/build/open-builder';
import type { Invocation } from '@lighter/cli/command';
import { log } from '@lighter/cli/log';
import { oneContainer, refuseFlagsAfter } from './arguments.ts';
import type { BuildahContext } from './context.ts';
import type { copyFlags } from './verbs/copy.ts';

export async function copyContent(
  instruction: 'COPY' | 'ADD',
  { flags, args, context, signal }: Invocation<typeof copyFlags, BuildahContext>,
): Promise<void> {
  refuseFlagsAfter(args, 'container');
  const name = oneContainer(args);
  const given = args.slice(1);
  if (given.length === 0) throw new Error('src must be specified');
  // With one argument the container's working directory is meant.
  const destination = given.length > 1 ? given.at(-1) : undefined;
  const sources = given.length > 1 ? given.slice(0, -1) : given;
  const url = sources.find((source) => /^(?:https?|git|ssh):\/\//.test(source));
  if (url !== undefined) throw new Error(`${url}: fetching sources from elsewhere is not built yet`);
  const store = await context.store();
  const builder = await openBuilder(store, name, { adopt: true });
  await using place = await sourcePlace(flags.from, flags.contextdir, async (from) => {
    const source = await openBuilder(store, from, { adopt: true });
    return { root: await store.mount(source.id), release: () => store.unmount(source.id) };
  });
  const request: CopyRequest = {
    sources: place.relative ? sources.map((source) => resolve(process.cwd(), source)) : sources,
    context: place.root,
    ...(destination === undefined ? {} : { destination }),
    ...(flags.chown === undefined ? {} : { chown: flags.chown }),
    ...(flags.chmod === undefined ? {} : { chmod: flags.chmod }),
    ...(flags.timestamp === undefined ? {} : { timestamp: flags.timestamp }),
    preserveOwner: flags.from !== undefined,
    unpack: instruction === 'ADD',
    warn: (message) => log('warn', message),
    signal,
  };
  const summary = await copyOrExplain(builder, request);
  if (!summary) return;
  if (!flags.quiet) process.stdout.write(`${summary.hex}\n`);
  if (flags['add-history'] ?? ['1', 'true'].includes(process.env['BUILDAH_HISTORY'] ?? '')) {
    builder.addHistory(`/bin/sh -c #(nop) ${instruction} ${summary.kind}:${summary.hex}`);
  }
}

async function copyOrExplain(builder: Builder, request: CopyRequest) {
  try {
    return await builder.copy(request);
  } catch (error) {
    throw new Error(`adding content to container ${JSON.stringify(builder.name)}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

interface SourcePlace extends AsyncDisposable {
  readonly root: string;
  /** Whether sources are relative to the caller's working directory. */
  readonly relative: boolean;
}

async function sourcePlace(
  from: string | undefined,
  contextDirectory: string | undefined,
  mount: (from: string) => Promise<{ root: string; release: () => Promise<unknown> }>,
): Promise<SourcePlace> {
  if (from === undefined) {
    const root = contextDirectory === undefined ? '/' : resolve(contextDirectory);
    return { root, relative: contextDirectory === undefined, [Symbol.asyncDispose]: async () => {} };
  }
  const { root, release } = await mount(from);
  return {
    root,
    relative: false,
    async [Symbol.asyncDispose]() {
      await release();
    },
  };
}
