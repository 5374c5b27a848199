/** Recipes over servers that break off, lie, redirect and refuse. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { type TestContext, test } from 'node:test';
import type { BlobRecipe } from '@lighter/spec/blob';
import type { ArchiveError } from './errors.ts';
import { openRecipe, pumpRecipe } from './recipe.ts';

const content = Buffer.from(Array.from({ length: 100_000 }, (_, n) => n % 251));

type Handler = (request: IncomingMessage, response: ServerResponse, nth: number) => void;

async function serve(t: TestContext, handler: Handler): Promise<{ url: string; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => handler(request, response, requests.push(request)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/blob`, requests };
}

type Read = (recipe: BlobRecipe, signal?: AbortSignal) => Promise<Buffer>;

/** Both ways of reading a recipe behave alike. */
const ways: Readonly<Record<string, Read>> = {
  async stream(recipe, signal) {
    const chunks: Buffer[] = [];
    for await (const chunk of openRecipe(recipe, signal)) chunks.push(chunk);
    return Buffer.concat(chunks);
  },
  async pump(recipe, signal) {
    const chunks: Buffer[] = [];
    await pumpRecipe(recipe, (bytes) => chunks.push(Buffer.from(bytes)), signal);
    return Buffer.concat(chunks);
  },
};

function testBoth(title: string, body: (t: TestContext, read: Read) => Promise<void>): void {
  for (const [way, read] of Object.entries(ways)) test(`${title} (${way})`, (t) => body(t, read));
}

const http = (url: string, more: object = {}): BlobRecipe => ({
  kind: 'http',
  url,
  headers: {},
  size: content.length,
  ...more,
});

function sendFrom(request: IncomingMessage, response: ServerResponse): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (start > 0) response.writeHead(206, { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` });
  response.end(content.subarray(start));
}

function breakOff(response: ServerResponse, after: number): void {
  response.writeHead(200, { 'content-length': content.length });
  response.write(content.subarray(0, after), () => response.destroy());
}

testBoth('a transfer that breaks off is resumed where it was', async (t, read) => {
  const { url, requests } = await serve(t, (request, response, nth) =>
    nth === 1 ? breakOff(response, 40_000) : sendFrom(request, response),
  );
  assert.ok((await read(http(url))).equals(content));
  assert.match(requests[1]?.headers.range ?? '', /^bytes=\d+-$/);
});

testBoth('a server that ignores ranges is read again from the start', async (t, read) => {
  const { url } = await serve(t, (_, response, nth) =>
    nth === 1 ? breakOff(response, 40_000) : response.end(content),
  );
  assert.ok((await read(http(url))).equals(content));
});

testBoth('a server that sends another range is refused', async (t, read) => {
  const { url } = await serve(t, (_, response, nth) => {
    if (nth === 1) return breakOff(response, 40_000);
    response.writeHead(206, { 'content-range': 'bytes 0-99999/100000' }).end(content);
  });
  await assert.rejects(read(http(url)), { code: 'BLOB_STATUS', message: /sent range bytes 0-99999/ });
});

testBoth('a blob that stays too short or is too long is an error', async (t, read) => {
  const short = await serve(t, (_, response) => response.end(content.subarray(0, 10)));
  await assert.rejects(read(http(short.url, { retries: 0 })), {
    code: 'BLOB_TRUNCATED',
    message: /after 10 of 100000 bytes/,
  });
  const long = await serve(t, (_, response) => response.end(Buffer.concat([content, content])));
  await assert.rejects(read(http(long.url)), { code: 'BLOB_TRUNCATED', message: /more than the expected 100000/ });
  assert.equal(long.requests.length, 1, 'asking again would not help');
});

testBoth('a busy server is asked again, a refusing one is not', async (t, read) => {
  const busy = await serve(t, (request, response, nth) =>
    nth === 1 ? response.writeHead(503).end() : sendFrom(request, response),
  );
  assert.ok((await read(http(busy.url))).equals(content));
  const refusing = await serve(t, (_, response) =>
    response
      .writeHead(401)
      .end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] })),
  );
  await assert.rejects(read(http(`${refusing.url}?signature=secret`)), (error: ArchiveError) => {
    assert.deepEqual([error.code, error.status], ['BLOB_STATUS', 401]);
    assert.match(error.message, /authentication required/);
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
  assert.equal(refusing.requests.length, 1);
});

testBoth('a redirect is followed, credentials stay with the first origin', async (t, read) => {
  const other = await serve(t, sendFrom);
  const first = await serve(t, (_, response, nth) => {
    if (nth === 1) response.writeHead(307, { location: '/elsewhere' }).end();
    else response.writeHead(307, { location: other.url }).end();
  });
  const recipe = http(first.url, { headers: { authorization: 'Bearer secret' } });
  assert.ok((await read(recipe)).equals(content));
  assert.deepEqual(
    first.requests.map(({ headers, url }) => [url, headers.authorization]),
    [
      ['/v2/blob', 'Bearer secret'],
      ['/elsewhere', 'Bearer secret'],
    ],
  );
  assert.equal(other.requests[0]?.headers.authorization, undefined);
});

testBoth('redirects without end and to other schemes are refused', async (t, read) => {
  const circle = await serve(t, (_, response) => response.writeHead(302, { location: '/v2/blob' }).end());
  await assert.rejects(read(http(circle.url)), { code: 'BLOB_STATUS', message: /redirects/ });
  const file = await serve(t, (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end());
  await assert.rejects(read(http(file.url)), { code: 'BLOB_STATUS', message: /refused a redirect/ });
});

testBoth('an abort ends a transfer that has stalled', async (t, read) => {
  const { url } = await serve(t, (_, response) => void response.write('x'));
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error('enough')), 50);
  await assert.rejects(read(http(url), abort.signal), { message: 'enough' });
});

testBoth('nobody listening is said with the address', async (t, read) => {
  const { url } = await serve(t, () => undefined);
  const closed = url.replace(/:\d+/, ':1');
  await assert.rejects(read(http(closed, { retries: 0 })), {
    code: 'BLOB_UNREACHABLE',
    message: /127\.0\.0\.1:1\/v2\/blob.*ECONNREFUSED/,
  });
});

testBoth('a part of a file is read, and its absence noticed', async (t, read) => {
  const directory = mkdtempSync(`${tmpdir()}/lighter-recipe-`);
  t.after(() => rmSync(directory, { recursive: true }));
  const path = `${directory}/file`;
  writeFileSync(path, content);
  assert.ok((await read({ kind: 'file', path })).equals(content));
  assert.ok((await read({ kind: 'file', path, offset: 10, length: 20 })).equals(content.subarray(10, 30)));
  assert.equal((await read({ kind: 'file', path, length: 0 })).length, 0);
  await assert.rejects(read({ kind: 'file', path, offset: 99_990, length: 20 }), { code: 'BLOB_TRUNCATED' });
  await assert.rejects(read({ kind: 'file', path: `${path}.missing` }), { code: 'ENOENT' });
});

testBoth('an answer in chunks, and interim answers before the real one', async (t, read) => {
  const { url } = await serve(t, (_, response) => {
    response.writeContinue();
    response.write(content.subarray(0, 50_000));
    response.end(content.subarray(50_000));
  });
  assert.ok((await read(http(url))).equals(content));
  assert.ok((await read({ kind: 'http', url, headers: {} })).equals(content), 'also without a size');
});

testBoth('what is no HTTP is told as such', async (t, read) => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {}); // the client leaves
    socket.end('SSH-2.0-OpenSSH_9.2\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/blob`;
  await assert.rejects(read(http(url, { retries: 0 })), { code: 'BLOB_UNREACHABLE' });
});

testBoth('an endless head has a bound', async (t, read) => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {}); // the client leaves
    socket.write('HTTP/1.1 200 OK\r\n');
    const more = () => {
      if (socket.write(`x-${'a'.repeat(60_000)}: b\r\n`)) setImmediate(more);
      else socket.once('drain', more);
    };
    more();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/blob`;
  await assert.rejects(read(http(url, { retries: 0 })), { code: 'BLOB_UNREACHABLE' });
});

test('an error of the one who takes the bytes ends the transfer', async (t) => {
  const { url } = await serve(t, sendFrom);
  const failing = () => {
    throw new RangeError('the disk is full');
  };
  await assert.rejects(pumpRecipe(http(url), failing), { name: 'RangeError' });
});
