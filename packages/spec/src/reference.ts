/**
 * Names of images in registries: `[domain/]path[:tag][@digest]` with docker's rules of normalisation (distribution
 * reference grammar).
 */
import { type Digest, isDigest } from './digest.ts';

export interface Reference {
  /** `docker.io`, `registry.example:5000`, `[::1]:5000`. */
  readonly domain: string;
  /** `library/busybox`. */
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

/** Thrown when a text isn't a reference. */
export class ReferenceFormatError extends Error {
  override readonly name = 'ReferenceFormatError';
  readonly code = 'REFERENCE_INVALID';
}

const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const domainPattern =
  /^(?:(?:[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9])(?:\.(?:[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]))*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const MAX_NAME = 255;

/** Parses and normalises: `busybox` is `docker.io/library/busybox`. No tag is added. Throws {@link ReferenceFormatError}. */
export function parseReference(text: string): Reference {
  const fail = (why: string): never => {
    throw new ReferenceFormatError(
      `invalid reference format${why && `: ${why}`}: ${JSON.stringify(text.slice(0, 300))}`,
    );
  };
  if (/^[0-9a-f]{64}$/.test(text)) fail('cannot specify 64-byte hexadecimal strings');
  const { name, tag, digest } = split(text);
  if (digest !== undefined && !isDigest(digest)) fail('invalid digest');
  if (tag !== undefined && !tagPattern.test(tag)) fail('invalid tag');
  const { domain, path } = normalise(name);
  if (path !== path.toLowerCase()) fail('repository name must be lowercase');
  if (!domainPattern.test(domain) || !path.split('/').every((part) => component.test(part))) fail('');
  if (domain.length + 1 + path.length > MAX_NAME)
    fail(`repository name must not be longer than ${MAX_NAME} characters`);
  return {
    domain,
    path,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest: digest as Digest }),
  };
}

function split(text: string): { name: string; tag?: string; digest?: string } {
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const rest = at < 0 ? text : text.slice(0, at);
  const colon = rest.lastIndexOf(':');
  const hasTag = colon > rest.lastIndexOf('/') && colon > rest.lastIndexOf(']');
  return {
    name: hasTag ? rest.slice(0, colon) : rest,
    ...(hasTag ? { tag: rest.slice(colon + 1) } : {}),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The part before the first slash is a domain only if it looks like one. */
function normalise(name: string): { domain: string; path: string } {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(0, slash));
  const isDomain = slash > 0 && (/[.:]/.test(first) || first === 'localhost');
  const domain = isDomain ? first : 'docker.io';
  const path = isDomain ? name.slice(slash + 1) : name;
  if (domain === 'docker.io' || domain === 'index.docker.io') {
    return { domain: 'docker.io', path: path.includes('/') ? path : `library/${path}` };
  }
  return { domain, path };
}

/** Whether the first part of a name is a registry (`quay.io/x`, `localhost/x`), and not a short name. */
export function hasDomain(text: string): boolean {
  const slash = text.indexOf('/');
  const first = text.slice(0, Math.max(0, slash));
  return slash > 0 && (/[.:]/.test(first) || first === 'localhost');
}

/** `docker.io/library/busybox`. */
export function repositoryName(reference: Reference): string {
  return `${reference.domain}/${reference.path}`;
}

/** The whole normalised text, with tag and digest where they are. */
export function formatReference(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  return `${repositoryName(reference)}${tag}${digest}`;
}

/** Adds `:latest` where there is neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: 'latest' } : reference;
}

/** Without docker.io's prefixes: `busybox:1`. */
export function familiarName(reference: Reference): string {
  const full = formatReference(reference);
  return full.replace(/^docker\.io\/(?:library\/(?=[^/]+$))?/, '');
}
