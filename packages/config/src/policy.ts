/** policy.json: which images are accepted from where (containers-policy.json(5)). Parsed strictly: it is about trust. */
import { existsSync, readFileSync } from 'node:fs';
import { ConfigError } from './errors.ts';

export interface PolicyRequirement {
  readonly type: string;
  readonly [key: string]: unknown;
}

export interface Policy {
  readonly default: readonly PolicyRequirement[];
  readonly transports: Readonly<Record<string, Readonly<Record<string, readonly PolicyRequirement[]>>>>;
  /** undefined: no file was found, and everything is accepted. */
  readonly file: string | undefined;
}

export interface PolicyOptions {
  /** `--policy`. */
  readonly file?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

export function readPolicy({ file, env = process.env }: PolicyOptions = {}): Policy {
  const named = file ?? env['CONTAINERS_POLICY_JSON'];
  if (named && !existsSync(named)) throw new ConfigError('CONFIG_UNREADABLE', named, 'no such file or directory');
  const user = `${env['XDG_CONFIG_HOME'] || `${env['HOME'] ?? ''}/.config`}/containers/policy.json`;
  const path =
    named ?? [user, '/etc/containers/policy.json', '/usr/share/containers/policy.json'].find((one) => existsSync(one));
  if (path === undefined) return { default: [{ type: 'insecureAcceptAnything' }], transports: {}, file: undefined };
  return parsePolicy(readFileSync(path, 'utf8'), path);
}

/** Throws on anything unknown: a key that is misspelt must not weaken a policy. */
export function parsePolicy(text: string, path: string): Policy {
  const fail = (message: string): never => {
    throw new ConfigError('CONFIG_INVALID', path, message);
  };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ConfigError('CONFIG_INVALID', path, (error as Error).message, { cause: error });
  }
  rejectDuplicateKeys(text, fail);
  const root = object(json, 'the policy', fail);
  for (const key of Object.keys(root))
    if (key !== 'default' && key !== 'transports') fail(`Unknown key ${JSON.stringify(key)}`);
  if (root['default'] === undefined) fail('Default policy is missing');
  const transports: Record<string, Record<string, PolicyRequirement[]>> = {};
  for (const [transport, scopes] of Object.entries(object(root['transports'] ?? {}, 'transports', fail))) {
    transports[transport] = {};
    for (const [scope, list] of Object.entries(object(scopes, `transports.${transport}`, fail))) {
      transports[transport][scope] = requirements(list, `transports.${transport}.${scope}`, fail);
    }
  }
  return { default: requirements(root['default'], 'default', fail), transports, file: path };
}

function requirements(value: unknown, where: string, fail: (message: string) => never): PolicyRequirement[] {
  if (!Array.isArray(value) || value.length === 0)
    return fail(`${where}: List of verification policy requirements must not be empty`);
  return value.map((one) => {
    const requirement = object(one, where, fail);
    if (typeof requirement['type'] !== 'string') return fail(`${where}: a requirement has no type`);
    const plain = requirement['type'] === 'insecureAcceptAnything' || requirement['type'] === 'reject';
    const extra = Object.keys(requirement).find((key) => plain && key !== 'type');
    if (extra) return fail(`${where}: Unknown key ${JSON.stringify(extra)}`);
    return requirement as unknown as PolicyRequirement;
  });
}

function object(value: unknown, where: string, fail: (message: string) => never): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail(`${where} isn't an object`);
  return value as Record<string, unknown>;
}

/** JSON.parse takes the last of two equal keys without a word; walking the text finds them. The text is valid JSON. */
function rejectDuplicateKeys(text: string, fail: (message: string) => never): void {
  const scopes: (Set<string> | undefined)[] = [];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"\s*:?|[{}[\]]/g)) {
    if (token === '{') scopes.push(new Set());
    else if (token === '[') scopes.push(undefined);
    else if (token === '}' || token === ']') scopes.pop();
    else if (token.endsWith(':')) {
      const key = JSON.parse(token.slice(0, -1)) as string;
      const seen = scopes.at(-1);
      if (seen?.has(key)) fail(`Duplicate key ${JSON.stringify(key)}`);
      seen?.add(key);
    }
  }
}
