/** Secrets of a container: `--secret NAME[,type=mount|env,target=…,uid=…,gid=…,mode=…]`. */
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import type { UserMount } from '@lighter/runtime/spec/request';
import type { Engine } from '../engine.ts';
import { EngineError } from '../errors.ts';
import type { ContainerSecret } from './record.ts';
import { SecretStore } from './store.ts';

const DIRECTORY = '/run/secrets';

/** Throws EngineError `SECRET_UNKNOWN` for one that isn't there. */
export async function resolveSecrets(engine: Engine, texts: readonly string[]): Promise<ContainerSecret[]> {
  const store = new SecretStore(engine);
  const secrets: ContainerSecret[] = [];
  for (const text of texts) {
    const { source, ...how } = parse(text);
    const { id, name } = await store.get(source);
    if (how.type === 'env') {
      secrets.push({ kind: 'env', id, name, target: how.target ?? name });
      continue;
    }
    const target = how.target ?? name;
    secrets.push({
      kind: 'mount',
      id,
      name,
      target: target.startsWith('/') ? target : `${DIRECTORY}/${target}`,
      uid: how.uid ?? 0,
      gid: how.gid ?? 0,
      mode: how.mode ?? 0o444,
    });
  }
  return secrets;
}

export function secretMounts(bundle: string, secrets: readonly ContainerSecret[]): UserMount[] {
  return secrets.flatMap((secret, index) =>
    secret.kind === 'mount'
      ? [
          {
            type: 'bind' as const,
            source: secretPath(bundle, index),
            destination: secret.target,
            options: ['bind', 'rprivate', 'ro'],
          },
        ]
      : [],
  );
}

/** Copies of their content of now: what becomes of the secrets later doesn't show. */
export async function writeSecretFiles(
  engine: Engine,
  bundle: string,
  secrets: readonly ContainerSecret[],
  onHost: (id: number, kind: 'uid' | 'gid') => number,
): Promise<void> {
  const store = new SecretStore(engine);
  mkdirSync(`${bundle}/secrets`, { recursive: true, mode: 0o755 });
  for (const [index, secret] of secrets.entries()) {
    if (secret.kind !== 'mount') continue;
    const path = secretPath(bundle, index);
    writeFileSync(path, await store.data(await store.get(secret.id)), { mode: 0o600 });
    chownSync(path, onHost(secret.uid, 'uid'), onHost(secret.gid, 'gid'));
    chmodSync(path, secret.mode);
  }
}

/** `NAME=value` of those that are variables. */
export async function secretVariables(engine: Engine, secrets: readonly ContainerSecret[]): Promise<string[]> {
  const store = new SecretStore(engine);
  const variables: string[] = [];
  for (const secret of secrets) {
    if (secret.kind !== 'env') continue;
    variables.push(`${secret.target}=${(await store.data(await store.get(secret.name))).toString()}`);
  }
  return variables;
}

function secretPath(bundle: string, index: number): string {
  return `${bundle}/secrets/${index}`;
}

function parse(text: string) {
  const how: { source: string; type: 'mount' | 'env'; target?: string; uid?: number; gid?: number; mode?: number } = {
    source: '',
    type: 'mount',
  };
  for (const [index, field] of text.split(',').entries()) {
    const [name = '', value] = field.split(/=(.*)/s, 2);
    const invalid = () => new EngineError('INVALID', `error parsing secret: ${field}: invalid secret option`);
    if (value === undefined) {
      if (index > 0) throw invalid();
      how.source = name;
    } else if (name === 'source' || name === 'src') how.source = value;
    else if (name === 'target' || name === 'dst') how.target = value;
    else if (name === 'type' && (value === 'mount' || value === 'env')) how.type = value;
    else if ((name === 'uid' || name === 'gid') && /^\d+$/.test(value)) how[name] = Number(value);
    else if (name === 'mode' && /^0?[0-7]{1,4}$/.test(value)) how.mode = Number.parseInt(value, 8);
    else throw invalid();
  }
  if (how.source === '')
    throw new EngineError('INVALID', `no secret in ${JSON.stringify(text)}: invalid secret option`);
  if (how.type === 'env' && (how.uid ?? how.gid ?? how.mode) !== undefined) {
    throw new EngineError('INVALID', 'UID, GID, and mode are invalid options for a secret of type env');
  }
  return how;
}
