/**
 * A client of one repository in one registry (OCI distribution-spec 1.1). It pings once, answers the registry's challenge for
 * every request, and keeps a token per scope.
 */
import { type Credentials, findCredentials } from '@lighter/config/auth';
import { certificatesFor } from '@lighter/config/certs';
import type { BlobSource, Descriptor, HttpRecipe, TlsOptions } from '@lighter/spec/blob';
import { type Digest, parseDigest } from '@lighter/spec/digest';
import { isListType, MAX_MANIFEST_BYTES, parseIndex } from '@lighter/spec/manifest';
import { mediaTypes } from '@lighter/spec/media-types';
import type { RawManifest } from '@lighter/spec/oci-image';
import { ImageError } from '../errors.ts';
import { rawManifest } from '../raw-manifest.ts';
import type { ImageContext } from '../types.ts';
import { type Challenge, chooseChallenge } from './challenge.ts';
import { registryError } from './errors.ts';
import { type BodyWriter, exchange, type HttpRequest, type HttpResponse } from './http.ts';
import { basic, fetchToken, type Token } from './token.ts';

const accept = [
  mediaTypes.ociManifest,
  mediaTypes.dockerManifest,
  mediaTypes.dockerSchema1Signed,
  mediaTypes.dockerSchema1,
  mediaTypes.dockerManifestList,
  mediaTypes.ociIndex,
];
const MAX_BODY = 1024 * 1024;
const MAX_TAG_PAGES = 10_000;
const MAX_TAGS_BODY = 16 * 1024 * 1024;

export interface ClientOptions {
  /** `quay.io`, with a port where there is one; `docker.io` is contacted at registry-1.docker.io. */
  readonly domain: string;
  /** `library/busybox`. */
  readonly path: string;
  /** Plain HTTP and unverified certificates are accepted. */
  readonly insecure: boolean;
  /** What is to be done: `pull`, `pull,push`, `*`. */
  readonly actions: string;
  readonly context: ImageContext;
  /** Where credentials are looked for, as registries.conf says; default: files. */
  readonly credentialHelpers?: readonly string[];
}

interface Session {
  readonly base: URL;
  readonly challenge: Challenge | undefined;
  readonly tls: TlsOptions;
}

export class RegistryClient {
  readonly #options: ClientOptions;
  readonly #tokens = new Map<string, Promise<Token>>();
  /** Scopes that the registry wants besides those that it should. */
  readonly #learned = new Set<string>();
  #session: Promise<Session> | undefined;
  #credentials: Promise<Credentials | undefined> | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  get repository(): string {
    return `${this.#options.domain}/${this.#options.path}`;
  }

  get domain(): string {
    return this.#options.domain;
  }

  get path(): string {
    return this.#options.path;
  }

  /** Asks for nothing but to be let in. */
  async authenticate(): Promise<void> {
    const { base } = await this.#open();
    const response = await this.#requestUrl('GET', new URL('/v2/', base), { maxBytes: MAX_BODY });
    if (response.status !== 200) throw registryError(`logging into ${this.domain}`, response);
  }

  // Reading

  async manifest(reference: string, digest?: Digest): Promise<RawManifest> {
    const response = await this.#request('GET', `manifests/${reference}`, {
      headers: { accept },
      maxBytes: MAX_MANIFEST_BYTES,
    });
    if (response.status !== 200) throw registryError(`reading manifest ${reference} in ${this.repository}`, response);
    return rawManifest(response.body, contentType(response), digest);
  }

  /** Digest of a tag without its manifest; undefined when the registry doesn't say. */
  async manifestDigest(reference: string): Promise<Digest | undefined> {
    const response = await this.#request('HEAD', `manifests/${reference}`, { headers: { accept }, maxBytes: MAX_BODY });
    if (response.status !== 200) throw registryError(`reading digest of ${reference} in ${this.repository}`, response);
    const digest = response.headers['docker-content-digest'];
    return typeof digest === 'string' ? parseDigest(digest) : undefined;
  }

  /** A blob as a recipe with a token in it, which any thread can open. */
  async blob(digest: Digest, size: number): Promise<BlobSource> {
    const { base, tls } = await this.#open();
    const authorization = await this.#authorization([]);
    const recipe: HttpRecipe = {
      kind: 'http',
      url: new URL(`/v2/${this.#options.path}/blobs/${digest}`, base).href,
      headers: { 'user-agent': this.#userAgent, ...(authorization ? { authorization } : {}) },
      ...(Object.keys(tls).length > 0 ? { tls } : {}),
      ...(size >= 0 ? { size } : {}),
    };
    return {
      ...(size >= 0 ? { size } : {}),
      recipe,
      async *stream(signal) {
        const { openRecipe } = await import('@lighter/archive/recipe');
        yield* openRecipe(recipe, signal);
      },
    };
  }

  async *tags(): AsyncGenerator<string> {
    const { base } = await this.#open();
    let url: URL | undefined = new URL(`/v2/${this.#options.path}/tags/list`, base);
    for (let page = 0; url && page < MAX_TAG_PAGES; page++) {
      const response: HttpResponse = await this.#requestUrl('GET', url, { maxBytes: MAX_TAGS_BODY });
      if (response.status !== 200) throw registryError('fetching tags list', response);
      let tags: unknown;
      try {
        ({ tags } = JSON.parse(response.body.toString()) as { tags: unknown });
      } catch (error) {
        throw new ImageError('REGISTRY_ERROR', `fetching tags list of ${this.repository}: the answer isn't JSON`, {
          cause: error,
        });
      }
      for (const tag of Array.isArray(tags) ? tags : []) {
        if (typeof tag !== 'string' || !/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(tag)) {
          throw new ImageError(
            'REGISTRY_ERROR',
            `registry ${this.domain} returned invalid tag ${JSON.stringify(tag).slice(0, 200)}`,
          );
        }
        yield tag;
      }
      const next: string | undefined = /<([^>]+)>\s*;\s*rel="?next"?/.exec(String(response.headers['link'] ?? ''))?.[1];
      // Only path and query count: a registry can't send us elsewhere with our credentials.
      const target: URL | undefined = next === undefined ? undefined : new URL(next, url);
      url = target && new URL(`${target.pathname}${target.search}`, base);
    }
  }

  /**
   * What refers to a manifest: signatures, attestations, … (OCI distribution-spec 1.1, "Listing Referrers"), from the registry's
   * list or, where it has none, from the index that clients keep under a tag.
   */
  async referrers(digest: Digest, artifactType?: string): Promise<readonly Descriptor[]> {
    const query = artifactType === undefined ? '' : `?${new URLSearchParams({ artifactType })}`;
    const response = await this.#request('GET', `referrers/${digest}${query}`, {
      headers: { accept: [mediaTypes.ociIndex] },
      maxBytes: MAX_MANIFEST_BYTES,
    });
    let index: RawManifest | undefined;
    if (response.status === 200) index = rawManifest(response.body, mediaTypes.ociIndex);
    else if (response.status === 404) index = await this.#referrersTag(digest);
    else throw registryError(`listing what refers to ${digest} in ${this.repository}`, response);
    if (!index || !isListType(index.mediaType)) return [];
    // A registry needn't filter, and a tag can't.
    return parseIndex(index.bytes, index.mediaType).manifests.filter(
      (entry) => artifactType === undefined || entry.artifactType === artifactType,
    );
  }

  async #referrersTag(digest: Digest): Promise<RawManifest | undefined> {
    try {
      return await this.manifest(digest.replace(':', '-'));
    } catch (error) {
      if (error instanceof ImageError && error.code === 'IMAGE_NOT_FOUND') return undefined;
      throw error;
    }
  }

  // Writing

  async hasBlob(digest: Digest): Promise<number | undefined> {
    const response = await this.#request('HEAD', `blobs/${digest}`, { maxBytes: MAX_BODY });
    if (response.status === 200) return Number(response.headers['content-length'] ?? -1);
    if (response.status === 404) return undefined;
    throw registryError(`checking for blob ${digest} in ${this.repository}`, response);
  }

  /** Asks the registry to take a blob over from another of its repositories. */
  async mountBlob(digest: Digest, from: string): Promise<boolean> {
    const query = new URLSearchParams({ mount: digest, from });
    const response = await this.#request('POST', `blobs/uploads/?${query}`, {
      scopes: [`repository:${from}:pull`],
      body: new Uint8Array(0),
      maxBytes: MAX_BODY,
    });
    if (response.status === 201) return true;
    // It began an ordinary upload instead, which is given up.
    const { location } = response.headers;
    if (response.status === 202 && location)
      await this.#requestUrl('DELETE', this.#inBase(location, response.url), { maxBytes: MAX_BODY }).catch(() => {});
    return false;
  }

  /** Uploads in one stream. `digest` is asked for when everything has been sent. */
  async uploadBlob(stream: AsyncIterable<Uint8Array> | BodyWriter, size: number, digest: () => Digest): Promise<void> {
    const what = `uploading a blob to ${this.repository}`;
    const begun = await this.#request('POST', 'blobs/uploads/', { body: new Uint8Array(0), maxBytes: MAX_BODY });
    if (begun.status !== 202 || !begun.headers.location)
      throw registryError(`initiating layer upload to ${this.repository}`, begun);
    const sent = await this.#requestUrl('PATCH', this.#inBase(begun.headers.location, begun.url), {
      headers: { 'content-type': 'application/octet-stream', ...(size >= 0 ? { 'content-length': String(size) } : {}) },
      body: stream,
      maxBytes: MAX_BODY,
    });
    if (sent.status < 200 || sent.status > 399) throw registryError(what, sent);
    const end = this.#inBase(sent.headers.location ?? begun.headers.location, sent.url);
    end.searchParams.set('digest', digest());
    const done = await this.#requestUrl('PUT', end, { body: new Uint8Array(0), maxBytes: MAX_BODY });
    if (done.status !== 201) throw registryError(what, done);
  }

  async putManifest(reference: string, manifest: RawManifest): Promise<void> {
    const response = await this.#request('PUT', `manifests/${reference}`, {
      headers: { 'content-type': manifest.mediaType },
      body: manifest.bytes,
      maxBytes: MAX_BODY,
    });
    if (response.status < 200 || response.status > 399)
      throw registryError(`writing manifest ${reference} to ${this.repository}`, response);
  }

  /** Removes the manifest, and with it every tag that names it. */
  async deleteManifest(digest: Digest): Promise<void> {
    const response = await this.#request('DELETE', `manifests/${digest}`, { maxBytes: MAX_BODY });
    if (response.status === 405) {
      throw new ImageError(
        'UNSUPPORTED',
        `deleting ${this.repository}@${digest}: the registry doesn't allow deleting (HTTP status 405)`,
        { status: 405 },
      );
    }
    if (response.status !== 202 && response.status !== 200)
      throw registryError(`deleting ${this.repository}@${digest}`, response);
  }

  // Inner works

  get #userAgent(): string {
    return this.#options.context.userAgent ?? 'lighter/0.1.0';
  }

  #request(method: string, path: string, options: RequestOptions): Promise<HttpResponse> {
    return this.#open().then(({ base }) =>
      this.#requestUrl(method, new URL(`/v2/${this.#options.path}/${path}`, base), options),
    );
  }

  async #requestUrl(
    method: string,
    url: URL,
    { headers = {}, body, scopes = [], maxBytes }: RequestOptions,
  ): Promise<HttpResponse> {
    const { tls, base } = await this.#open();
    // Some registries upload to another host, with everything needed in the address.
    const authorization = url.origin === base.origin ? await this.#authorization(scopes) : undefined;
    const request: HttpRequest = {
      method,
      url,
      headers: {
        ...headers,
        'user-agent': this.#userAgent,
        'docker-distribution-api-version': 'registry/2.0',
        ...(authorization ? { authorization } : {}),
      },
      tls,
      signal: this.#options.context.signal,
      maxBytes,
      ...(body === undefined ? {} : { body }),
    };
    const response = await exchange(request);
    const missing = response.status === 401 && body === undefined ? missingScope(response) : undefined;
    if (!missing || this.#learned.has(missing)) return response;
    // What was missing once would be missing again, also for blobs, whose requests others make.
    this.#learned.add(missing);
    return exchange({
      ...request,
      headers: { ...request.headers, authorization: (await this.#authorization(scopes)) ?? '' },
    });
  }

  #open(): Promise<Session> {
    this.#session ??= this.#ping();
    return this.#session;
  }

  /** HTTPS first; plain HTTP only where the registry is marked insecure. */
  async #ping(): Promise<Session> {
    const { domain, insecure, context } = this.#options;
    const host = domain === 'docker.io' ? 'registry-1.docker.io' : domain;
    const certificates = certificatesFor(domain, { directory: context.certificateDirectory });
    const tls = { ...certificates, ...(insecure ? { insecure } : {}) };
    try {
      return await this.#pingAt(new URL(`https://${host}/`), tls);
    } catch (error) {
      if (!insecure || !(error instanceof ImageError) || error.code !== 'REGISTRY_UNREACHABLE') throw error;
      return this.#pingAt(new URL(`http://${host}/`), {});
    }
  }

  async #pingAt(base: URL, tls: TlsOptions): Promise<Session> {
    const url = new URL('/v2/', base);
    const response = await exchange({
      method: 'GET',
      url,
      headers: { 'user-agent': this.#userAgent },
      tls,
      signal: this.#options.context.signal,
      maxBytes: MAX_BODY,
    });
    if (response.status !== 200 && response.status !== 401)
      throw registryError(`pinging container registry ${base.host}`, response);
    const challenges = response.headers['www-authenticate'];
    return { base, tls, challenge: chooseChallenge(challenges === undefined ? [] : splitChallenges(challenges)) };
  }

  async #authorization(extraScopes: readonly string[]): Promise<string | undefined> {
    const { challenge, tls, base } = await this.#open();
    const { context, path, actions } = this.#options;
    if (context.registryToken) return `Bearer ${context.registryToken}`;
    if (!challenge) return undefined;
    const credentials = await this.#findCredentials();
    if (challenge.scheme === 'basic') return basic(credentials ?? { username: '', password: '' });
    const scopes = [...(actions === '' ? [] : [`repository:${path}:${actions}`]), ...this.#learned, ...extraScopes];
    const key = scopes.join(' ');
    let token = this.#tokens.get(key);
    if (!token || (await token.catch(() => undefined))?.expires === undefined || (await token).expires < Date.now()) {
      token = fetchToken(challenge, scopes, credentials, {
        tls,
        secure: base.protocol === 'https:',
        userAgent: this.#userAgent,
        signal: context.signal,
      });
      this.#tokens.set(key, token);
      token.catch(() => this.#tokens.delete(key));
    }
    return `Bearer ${(await token).value}`;
  }

  #findCredentials(): Promise<Credentials | undefined> {
    const { context } = this.#options;
    this.#credentials ??= context.credentials
      ? Promise.resolve(context.credentials)
      : findCredentials(this.repository, { authFile: context.authFile, helpers: this.#options.credentialHelpers });
    return this.#credentials;
  }

  #inBase(location: string, url: URL): URL {
    return new URL(location, url);
  }
}

interface RequestOptions {
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: HttpRequest['body'];
  readonly scopes?: readonly string[];
  readonly maxBytes: number;
}

function contentType({ headers }: HttpResponse): string {
  return (headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
}

/** Node joins header lines of one name by a comma; a new scheme begins after one. */
function splitChallenges(joined: string): string[] {
  return joined.split(/,\s*(?=(?:Basic|Bearer|Digest|Negotiate)\b)/i);
}

/** The scope that a registry misses in a token, when it says so. */
function missingScope({ headers }: HttpResponse): string | undefined {
  const challenge = chooseChallenge(splitChallenges(headers['www-authenticate'] ?? ''));
  return challenge?.parameters['error'] === 'insufficient_scope' ? challenge.parameters['scope'] : undefined;
}
