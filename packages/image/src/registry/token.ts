/** Bearer tokens (distribution "Token Authentication Specification"). */
import type { Credentials } from '@lighter/config/auth';
import type { TlsOptions } from '@lighter/spec/blob';
import { ImageError } from '../errors.ts';
import type { Challenge } from './challenge.ts';
import { exchange } from './http.ts';

export interface Token {
  readonly value: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

const MAX_BODY = 1024 * 1024;
/** Shortest life of a token, in seconds, as the specification says. */
const MIN_LIFE = 60;

export async function fetchToken(
  challenge: Challenge,
  scopes: readonly string[],
  credentials: Credentials | undefined,
  options: {
    readonly tls: TlsOptions;
    /** The registry itself is spoken to by TLS. */
    readonly secure: boolean;
    readonly userAgent: string;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Token> {
  const { realm, service } = challenge.parameters;
  if (!realm) throw new ImageError('REGISTRY_ERROR', 'missing realm in bearer auth challenge');
  const url = realmAddress(realm);
  if (options.secure && url.protocol !== 'https:' && credentials) {
    throw new ImageError(
      'REGISTRY_ERROR',
      `the registry wants credentials sent to ${url.host} without TLS, which is refused`,
    );
  }
  const response = credentials?.identityToken
    ? await refresh(url, service, scopes, credentials.identityToken, options)
    : await request(url, service, scopes, credentials, options);
  const what = `requesting a token from ${url.host}`;
  if (response.status === 401 || response.status === 403) {
    throw new ImageError('UNAUTHORIZED', `${what}: unable to retrieve auth token: invalid username/password`, {
      status: response.status,
    });
  }
  if (response.status !== 200)
    throw new ImageError('REGISTRY_ERROR', `${what}: received unexpected HTTP status: ${response.status}`, {
      status: response.status,
    });
  return parse(response.body, what);
}

function realmAddress(realm: string): URL {
  let url: URL;
  try {
    url = new URL(realm);
  } catch (error) {
    throw new ImageError(
      'REGISTRY_ERROR',
      `the registry names ${JSON.stringify(realm.slice(0, 200))} for tokens, which isn't an address`,
      { cause: error },
    );
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new ImageError('REGISTRY_ERROR', `the registry names a token server with scheme ${url.protocol}`);
  return url;
}

type Options = Parameters<typeof fetchToken>[3];

function request(
  url: URL,
  service: string | undefined,
  scopes: readonly string[],
  credentials: Credentials | undefined,
  options: Options,
) {
  const query = new URL(url);
  if (credentials?.username) query.searchParams.append('account', credentials.username);
  if (service) query.searchParams.append('service', service);
  for (const scope of scopes) query.searchParams.append('scope', scope);
  return exchange({
    method: 'GET',
    url: query,
    headers: {
      'user-agent': options.userAgent,
      ...(credentials?.username && credentials.password ? { authorization: basic(credentials) } : {}),
    },
    tls: options.tls,
    signal: options.signal,
    maxBytes: MAX_BODY,
  });
}

function refresh(url: URL, service: string | undefined, scopes: readonly string[], token: string, options: Options) {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: token,
    client_id: 'containers/image',
    ...(service ? { service } : {}),
    scope: scopes.join(' '),
  });
  return exchange({
    method: 'POST',
    url,
    headers: { 'user-agent': options.userAgent, 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(form.toString()),
    tls: options.tls,
    signal: options.signal,
    maxBytes: MAX_BODY,
  });
}

export function basic({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function parse(body: Buffer, what: string): Token {
  let json: { token?: unknown; access_token?: unknown; expires_in?: unknown; issued_at?: unknown };
  try {
    json = JSON.parse(body.toString());
  } catch (error) {
    throw new ImageError('REGISTRY_ERROR', `${what}: the answer isn't JSON`, { cause: error });
  }
  const value = json?.token || json?.access_token;
  if (typeof value !== 'string' || /[\r\n]/.test(value))
    throw new ImageError('REGISTRY_ERROR', `${what}: the answer holds no token`);
  const life = Math.max(MIN_LIFE, typeof json.expires_in === 'number' ? json.expires_in : 0);
  const issued = typeof json.issued_at === 'string' ? Date.parse(json.issued_at) : Number.NaN;
  return { value, expires: (Number.isFinite(issued) ? issued : Date.now()) + life * 1000 };
}
