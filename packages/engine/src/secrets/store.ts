/** The secrets of a store: `secrets.json` and its lock, shared with the Go tool. */
import { mkdirSync, readFileSync } from 'node:fs';
import { randomBytes } from '@lighter/linux/random';
import { goTime, sortedKeys } from '@lighter/spec/go-json';
import { writeFileAtomically } from '@lighter/storage/atomic-file';
import { LockFile } from '@lighter/storage/lock-file';
import type { Engine } from '../engine.ts';
import { EngineError } from '../errors.ts';
import { type SecretDriver, secretDriver } from './drivers.ts';
import type { SecretRecord } from './record.ts';

export interface SecretRequest {
  readonly name: string;
  readonly data: Uint8Array;
  readonly driver?: string;
  readonly driverOptions?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Takes the place of one that has the name. */
  readonly replace?: boolean;
  /** One that has the name stays as it is. */
  readonly ignore?: boolean;
}

interface SecretsFile {
  readonly secrets: Record<string, SecretRecord>;
  readonly nameToID: Record<string, string>;
  readonly idToName: Record<string, string>;
}

/** Bytes; this many are too many. */
const MAXIMUM = 512_000;

export class SecretStore {
  readonly #engine: Engine;
  readonly #directory: string;
  readonly #lock: LockFile;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#directory = `${engine.store.graphRoot}/secrets`;
    this.#lock = new LockFile(`${this.#directory}/secrets.lock`);
  }

  /** By name. */
  async all(): Promise<SecretRecord[]> {
    const { secrets } = await this.#read();
    return Object.values(secrets).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** By exact name or id, or a unique beginning of an id. */
  async get(text: string): Promise<SecretRecord> {
    return find(await this.#read(), text);
  }

  async data(secret: SecretRecord): Promise<Buffer> {
    return this.#driver(secret).look(secret.id);
  }

  async create(request: SecretRequest): Promise<SecretRecord> {
    const { name, data } = request;
    if (name === '' || name.length > 253 || /[,/=\0]/.test(name)) {
      throw new EngineError(
        'NAME_INVALID',
        `secret name ${JSON.stringify(name)} can not include '=', '/', ',', or the NULL ('\\0') and be between 1 and 253 characters: invalid secret name`,
      );
    }
    if (data.length === 0 || data.length >= MAXIMUM) {
      throw new EngineError('INVALID', `secret data must be larger than 0 and less than ${MAXIMUM} bytes`);
    }
    const settings = (await this.#engine.conf()).secrets;
    const driver = request.driver ?? settings.driver;
    const defaults = driver === 'file' ? { path: `${this.#directory}/filedriver` } : {};
    const driverOptions = {
      ...defaults,
      ...(driver === settings.driver ? settings.opts : {}),
      ...request.driverOptions,
    };
    return this.#change(async (file) => {
      const old = file.secrets[file.nameToID[name] ?? ''];
      if (old && request.ignore) return old;
      if (old && !request.replace) throw new EngineError('SECRET_EXISTS', `${name}: secret name in use`);
      const now = goTime(new Date(), Number(process.hrtime.bigint() % 1_000_000n));
      const secret: SecretRecord = {
        name,
        id: freeId(file),
        ...(request.labels && Object.keys(request.labels).length > 0 ? { labels: sortedKeys(request.labels) } : {}),
        createdAt: old?.createdAt ?? now,
        updatedAt: now,
        driver,
        driverOptions: sortedKeys(driverOptions),
      };
      await this.#driver(secret).store(secret.id, data);
      if (old) await this.#forget(file, old);
      file.secrets[secret.id] = secret;
      file.nameToID[name] = secret.id;
      file.idToName[secret.id] = name;
      return secret;
    });
  }

  /** Returns its id. Containers keep what they have of it. */
  remove(text: string): Promise<string> {
    return this.#change(async (file) => {
      const secret = find(file, text);
      await this.#forget(file, secret);
      return secret.id;
    });
  }

  async #forget(file: SecretsFile, { id, name, ...secret }: SecretRecord): Promise<void> {
    await this.#driver(secret).remove(id);
    delete file.secrets[id];
    delete file.idToName[id];
    delete file.nameToID[name];
  }

  #driver({ driver, driverOptions }: Pick<SecretRecord, 'driver' | 'driverOptions'>): SecretDriver {
    return secretDriver(driver, driverOptions);
  }

  async #read(): Promise<SecretsFile> {
    mkdirSync(this.#directory, { recursive: true, mode: 0o755 });
    return this.#lock.with(false, () => this.#load());
  }

  #change<T>(change: (file: SecretsFile) => Promise<T>): Promise<T> {
    mkdirSync(this.#directory, { recursive: true, mode: 0o755 });
    return this.#lock.with(true, async (held) => {
      const file = this.#load();
      const result = await change(file);
      held.renewToken();
      const sorted = Object.fromEntries(Object.entries(file).map(([key, map]) => [key, sortedKeys(map)]));
      const text = JSON.stringify(sorted, undefined, 2);
      writeFileAtomically(`${this.#directory}/secrets.json`, text, { sync: true, alone: true });
      return result;
    });
  }

  #load(): SecretsFile {
    let text: string;
    try {
      text = readFileSync(`${this.#directory}/secrets.json`, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      text = '';
    }
    const { secrets, nameToID, idToName } = JSON.parse(text || '{}') as Partial<SecretsFile>;
    return { secrets: secrets ?? {}, nameToID: nameToID ?? {}, idToName: idToName ?? {} };
  }
}

function find({ secrets, nameToID }: SecretsFile, text: string): SecretRecord {
  const exact = secrets[nameToID[text] ?? ''] ?? secrets[text];
  if (exact) return exact;
  const matches = text === '' ? [] : Object.values(secrets).filter(({ id }) => id.startsWith(text));
  if (matches.length > 1)
    throw new EngineError('SECRET_UNKNOWN', `more than one result secret with prefix ${text}: secret is ambiguous`);
  const [found] = matches;
  if (!found)
    throw new EngineError('SECRET_UNKNOWN', `no secret with name or id ${JSON.stringify(text)}: no such secret`);
  return found;
}

function freeId({ secrets }: SecretsFile): string {
  for (;;) {
    const id = Buffer.from(randomBytes(13)).toString('hex').slice(0, 25);
    if (!Object.hasOwn(secrets, id)) return id;
  }
}
