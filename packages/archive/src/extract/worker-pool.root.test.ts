/** The pool: errors of either side, aborts, and what happens to jobs in line. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { WorkerPool } from './worker-pool.ts';

function scratch(t: TestContext): string {
  const directory = mkdtempSync('/dev/shm/lighter-pool-');
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

let count = 0;

function request(base: string) {
  const directory = `${base}/${++count}`;
  mkdirSync(directory);
  return { directory, tarSplitPath: `${directory}.split` };
}

const endOfArchive = Buffer.alloc(1024);

/** A stream that gives what it is given, and then nothing more until it is aborted. */
const stuck = (...chunks: Buffer[]) => ({
  async *stream(signal?: AbortSignal) {
    yield* chunks;
    await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
  },
});

test('an error of the stream is the one that is thrown', async (t) => {
  await using pool = new WorkerPool();
  const base = scratch(t);
  async function* broken() {
    yield Buffer.alloc(512);
    throw new TypeError('the source broke');
  }
  await assert.rejects(pool.stage({ stream: broken }, request(base)), {
    name: 'TypeError',
    message: 'the source broke',
  });
  const refusing = () => {
    throw new RangeError('no stream');
  };
  await assert.rejects(pool.stage({ stream: refusing }, request(base)), { name: 'RangeError' });
  const fine = await pool.stage(
    {
      stream: async function* () {
        yield endOfArchive;
      },
    },
    request(base),
  );
  assert.equal(fine.diffSize, 1024, 'the worker goes on');
});

test('an error of the archive is thrown at once, though the stream has stalled', async (t) => {
  await using pool = new WorkerPool();
  const blob = stuck(Buffer.alloc(4096, 'this is no archive'));
  await assert.rejects(pool.stage(blob, request(scratch(t))), { code: 'TAR_INVALID' });
});

test('an abort ends jobs that run and jobs in line, with the signal’s reason', async (t) => {
  await using pool = new WorkerPool();
  const base = scratch(t);
  const abort = new AbortController();
  const jobs = Array.from({ length: 20 }, () => pool.stage(stuck(), request(base), { signal: abort.signal }));
  await pause(50);
  abort.abort(new Error('enough'));
  for (const job of await Promise.allSettled(jobs)) {
    assert.equal(job.status, 'rejected');
    assert.equal((job.reason as Error).message, 'enough');
  }
  const fine = await pool.stage(
    {
      stream: async function* () {
        yield endOfArchive;
      },
    },
    request(base),
  );
  assert.equal(fine.diffSize, 1024, 'places are free again');
});

test('more jobs than places all get their turn', async (t) => {
  await using pool = new WorkerPool();
  const base = scratch(t);
  writeFileSync(`${base}/blob`, endOfArchive);
  const recipe = { kind: 'file', path: `${base}/blob` } as const;
  const blob = { recipe, stream: () => assert.fail('the recipe must be used') };
  const results = await Promise.all(Array.from({ length: 40 }, () => pool.stage(blob, request(base))));
  assert.ok(results.every(({ diffSize }) => diffSize === 1024));
});

test('a pool that is disposed of fails what it was doing', async (t) => {
  const pool = new WorkerPool();
  const job = pool.stage(stuck(), request(scratch(t)));
  await pause(50);
  await Promise.all([pool[Symbol.asyncDispose](), assert.rejects(job, { code: 'EXTRACT_FAILED' })]);
});

test('a download keeps the bytes and says their digest', async (t) => {
  await using pool = new WorkerPool();
  const base = scratch(t);
  const blob = {
    stream: async function* () {
      yield Buffer.from('hel');
      yield Buffer.from('lo');
    },
  };
  const digest = 'sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
  assert.deepEqual(await pool.download(blob, { path: `${base}/blob` }), { digest, size: 5 });
  await assert.rejects(pool.download(blob, { path: `${base}/blob` }), { code: 'EEXIST' });
  await assert.rejects(pool.download(blob, { path: `${base}/other`, digest: `sha256:${'0'.repeat(64)}` }), {
    code: 'DIGEST_MISMATCH',
  });
  assert.deepEqual(readdirSync(base).sort(), ['blob', 'other']);
});
