/** Where the content of secrets is kept. */
import { mkdirSync, readFileSync } from 'node:fs';
import { runProgram } from '@lighter/network/program';
import { sortedKeys } from '@lighter/spec/go-json';
import { writeFileAtomically } from '@lighter/storage/atomic-file';
import { LockFile } from '@lighter/storage/lock-file';
import { EngineError } from '../errors.ts';

export interface SecretDriver {
  store(id: string, data: Uint8Array): Promise<void>;
  /** Throws EngineError `SECRET_UNKNOWN`. */
  look(id: string): Promise<Buffer>;
  remove(id: string): Promise<void>;
}

/** Throws EngineError for a driver or an option that isn't known. */
export function secretDriver(name: string, options: Readonly<Record<string, string>>): SecretDriver {
  if (name === 'file') return new FileDriver(options['path'] ?? '');
  if (name === 'shell') return new ShellDriver(options);
  throw new EngineError('UNSUPPORTED', `secret driver ${JSON.stringify(name)} is not supported: file and shell are`);
}

/** `secretsdata.json`: id → base64, as Go's encoding/json writes bytes. */
class FileDriver implements SecretDriver {
  readonly #directory: string;
  readonly #lock: LockFile;

  constructor(directory: string) {
    if (directory === '') throw new EngineError('INVALID', 'the secret driver "file" needs the option path');
    this.#directory = directory;
    this.#lock = new LockFile(`${directory}/secretsdata.lock`);
  }

  store(id: string, data: Uint8Array): Promise<void> {
    return this.#change((secrets) => {
      secrets[id] = Buffer.from(data).toString('base64');
    });
  }

  async look(id: string): Promise<Buffer> {
    const data = await this.#lock.with(false, () => this.#read()[id]);
    if (data === undefined) throw new EngineError('SECRET_UNKNOWN', `no secret data with id ${JSON.stringify(id)}`);
    return Buffer.from(data, 'base64');
  }

  remove(id: string): Promise<void> {
    return this.#change((secrets) => {
      delete secrets[id];
    });
  }

  #change(change: (secrets: Record<string, string>) => void): Promise<void> {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    return this.#lock.with(true, (held) => {
      const secrets = this.#read();
      change(secrets);
      held.renewToken();
      const text = JSON.stringify(sortedKeys(secrets), undefined, 2);
      writeFileAtomically(`${this.#directory}/secretsdata.json`, text, { sync: true, alone: true });
    });
  }

  #read(): Record<string, string> {
    try {
      return JSON.parse(readFileSync(`${this.#directory}/secretsdata.json`, 'utf8') || '{}');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
      throw error;
    }
  }
}

/** Commands of the user's own, told the secret's id by SECRET_ID. */
class ShellDriver implements SecretDriver {
  readonly #options: Readonly<Record<string, string>>;

  constructor(options: Readonly<Record<string, string>>) {
    for (const name of ['list', 'lookup', 'store', 'delete']) {
      if (!options[name]) throw new EngineError('INVALID', `missing config value for secret driver "shell": ${name}`);
    }
    this.#options = options;
  }

  async store(id: string, data: Uint8Array): Promise<void> {
    await this.#call('store', id, Buffer.from(data).toString('latin1'));
  }

  async look(id: string): Promise<Buffer> {
    return Buffer.from(await this.#call('lookup', id));
  }

  async remove(id: string): Promise<void> {
    await this.#call('delete', id);
  }

  async #call(name: 'lookup' | 'store' | 'delete', id: string, input = ''): Promise<string> {
    const own = Object.entries(process.env).map(([key, value]) => `${key}=${value}`);
    const args = ['-c', this.#options[name] ?? ''];
    const result = await runProgram({ file: '/bin/sh', args, env: [...own, `SECRET_ID=${id}`], input });
    if (result.status === 0) return result.stdout;
    throw new EngineError(
      'SECRET_UNKNOWN',
      `secret driver "shell": ${name} failed: ${result.stderr.trim() || `exit status ${result.status}`}`,
    );
  }
}
