/** Making volumes. */
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { goTime } from '@lighter/spec/go-json';
import { randomId } from '@lighter/storage/ids';
import type { Engine } from '../engine.ts';
import { EngineError } from '../errors.ts';
import { withVolumeUsers } from './lock.ts';
import { volumeData, volumesDirectory } from './paths.ts';
import type { VolumeRecord } from './record.ts';

export interface VolumeRequest {
  /** Default: 64 hexadecimal digits. */
  readonly name?: string;
  readonly driver?: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly anonymous?: boolean;
  readonly container?: string;
  readonly uid?: number;
  readonly gid?: number;
}

const KNOWN_OPTIONS = new Set(['type', 'device', 'o', 'uid', 'gid']);

/** Throws EngineError `VOLUME_EXISTS` for a name that is taken. */
export async function createVolume(engine: Engine, request: VolumeRequest): Promise<VolumeRecord> {
  const record = recordOf(request);
  return withVolumeUsers(engine, 'making', () => makeVolume(engine, record));
}

/** The one of that name, made where it is missing. The caller holds the lock on users. */
export async function obtainVolume(
  engine: Engine,
  request: VolumeRequest & { readonly name: string },
): Promise<VolumeRecord> {
  const there = await engine.volumes.byName(request.name);
  if (there) return there;
  try {
    return await makeVolume(engine, recordOf(request));
  } catch (error) {
    // Another container's, at the same moment.
    const theirs = (error as { code?: string }).code === 'VOLUME_EXISTS' && (await engine.volumes.byName(request.name));
    if (theirs) return theirs;
    throw error;
  }
}

async function makeVolume(engine: Engine, record: VolumeRecord): Promise<VolumeRecord> {
  if (await engine.volumes.byName(record.name)) {
    throw new EngineError('VOLUME_EXISTS', `volume with name ${record.name} already exists: volume already exists`);
  }
  const parent = `${await volumesDirectory(engine)}/${record.name}`;
  const data = await volumeData(engine, record.name);
  // One with content of an earlier owner stays as it is.
  const isNew = !existsSync(data) || readdirSync(data).length === 0;
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  mkdirSync(data, { recursive: true, mode: 0o755 });
  chmodSync(data, 0o755);
  if (record.uid !== undefined || record.gid !== undefined) chownSync(data, record.uid ?? 0, record.gid ?? 0);
  const made = isNew ? record : { ...record, needsCopyUp: false, needsChown: false };
  await engine.volumes.add(made);
  return made;
}

function recordOf(request: VolumeRequest): VolumeRecord {
  const { name = randomId(), driver = 'local', options = {}, labels = {}, anonymous = false, container } = request;
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) {
    throw new EngineError('NAME_INVALID', 'names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument');
  }
  if (driver !== 'local' && driver !== 'image') {
    throw new EngineError(
      'UNSUPPORTED',
      `volume driver ${JSON.stringify(driver)} is not supported: local and image are`,
    );
  }
  checkOptions(driver, options);
  const own = (options['o'] ?? '').split(',');
  const number = (key: 'uid' | 'gid') => {
    const text = options[key] ?? own.find((option) => option.startsWith(`${key}=`))?.slice(key.length + 1);
    if (text === undefined) return request[key];
    if (!/^\d+$/.test(text))
      throw new EngineError('INVALID', `cannot convert ${key} ${text} to integer: invalid argument`);
    return Number(text);
  };
  const [uid, gid] = [number('uid'), number('gid')];
  return {
    name,
    driver,
    options,
    labels,
    created: goTime(new Date(), Number(process.hrtime.bigint() % 1_000_000n)),
    anonymous,
    ...(container === undefined ? {} : { container }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
    needsCopyUp: driver === 'local' && !own.includes('nocopy'),
    needsChown: driver === 'local' && uid === undefined && gid === undefined,
  };
}

function checkOptions(driver: 'local' | 'image', options: Readonly<Record<string, string>>): void {
  if (driver === 'image') {
    if (!options['image']) {
      throw new EngineError(
        'INVALID',
        'must provide image name when creating a volume with the image driver: invalid argument',
      );
    }
    return;
  }
  for (const [key, value] of Object.entries(options)) {
    if (!KNOWN_OPTIONS.has(key)) {
      throw new EngineError('INVALID', `invalid mount option ${key} for driver 'local': invalid argument`);
    }
    if (/(^|,)(size|inodes)=/.test(key === 'o' ? value : '') && options['type'] === undefined) {
      throw new EngineError('UNSUPPORTED', 'volumes with a quota are not supported: size and inodes need a type');
    }
  }
}
