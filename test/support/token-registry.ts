/** A front of a registry that wants bearer tokens, and the server that gives them. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { type FaultyProxy, startFaultyProxy } from './faulty-proxy.ts';

export interface TokenRequest {
  readonly method: string;
  readonly query: URLSearchParams;
  /** Of a POST. */
  readonly form: URLSearchParams;
  readonly authorization: string | undefined;
}

export interface TokenRegistry extends FaultyProxy {
  /** What the token server was asked. */
  readonly tokenRequests: TokenRequest[];
}

export interface TokenOptions {
  /** What the token server answers; default: a token that names the scopes. */
  readonly answer?: (request: TokenRequest, response: ServerResponse) => void;
  /** Whether a token with these scopes is enough for a request; default: any is. */
  readonly isEnough?: (scopes: readonly string[], method: string, url: string) => string | undefined;
}

/** Tokens are the scopes that they are for, in base64. */
export async function startTokenRegistry(
  context: Pick<TestContext, 'after'>,
  target: string,
  options: TokenOptions = {},
): Promise<TokenRegistry> {
  const tokenRequests: TokenRequest[] = [];
  const server = await listen(context, async (incoming, response) => {
    const request = await read(incoming);
    tokenRequests.push(request);
    if (options.answer) options.answer(request, response);
    else response.end(JSON.stringify({ token: tokenFor(request), expires_in: 300 }));
  });
  const realm = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  const challenge = (more: string) => ({
    status: 401,
    headers: { 'www-authenticate': `Bearer realm="${realm}",service="test, \\"quoted\\""${more}` },
    body: '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}',
  });
  const proxy = await startFaultyProxy(context, target, ({ method, url, headers }) => {
    const [, token] = /^Bearer (.*)$/.exec(headers.authorization ?? '') ?? [];
    if (token === undefined) return challenge('');
    const scopes = Buffer.from(token, 'base64').toString().split(' ');
    const missing = options.isEnough?.(scopes, method, url);
    return missing === undefined ? undefined : challenge(`,error="insufficient_scope",scope="${missing}"`);
  });
  return { ...proxy, tokenRequests };
}

export function tokenFor({ query, form }: TokenRequest): string {
  const scopes = [...query.getAll('scope'), ...(form.get('scope')?.split(' ') ?? [])];
  return Buffer.from(scopes.join(' ')).toString('base64');
}

async function read(incoming: IncomingMessage): Promise<TokenRequest> {
  let body = '';
  for await (const chunk of incoming) body += chunk;
  return {
    method: incoming.method ?? '',
    query: new URL(incoming.url ?? '', 'http://x').searchParams,
    form: new URLSearchParams(body),
    authorization: incoming.headers.authorization,
  };
}

async function listen(
  context: Pick<TestContext, 'after'>,
  handler: (incoming: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<Server> {
  const server = createServer((incoming, response) => void handler(incoming, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}
