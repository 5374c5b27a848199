/** `--volume`, `--mount` and `--tmpfs`: what the user wrote, taken apart but not looked up. */
import { normalize, resolve } from 'node:path';
import { RuntimeError } from '../errors.ts';

/** A mount as asked for. A `volume` without a source is anonymous. */
export interface MountRequest {
  readonly type: 'bind' | 'volume' | 'tmpfs' | 'ramfs' | 'devpts' | 'image' | 'glob';
  /** Absolute host path of a bind, a pattern of such paths, a volume's name, or an image's. */
  readonly source?: string;
  /** Absolute path in the container, cleaned. */
  readonly destination: string;
  /** Options of mount(8) and the runtime's own, without those below. */
  readonly options: readonly string[];
  /** `U`: the source gets the container user's ids. */
  readonly chown: boolean;
  /** `nocopy`: an empty volume isn't filled from the image. */
  readonly noCopy: boolean;
  /** `nocreate`: the named volume must exist. */
  readonly noCreate: boolean;
  /** Directory below the source. */
  readonly subpath?: string;
  /** `O`: what the container writes goes elsewhere; with directories of the user's own it is kept. */
  readonly overlay?: { readonly upper?: string; readonly work?: string };
  /** `idmap`: ids of the source are shifted; '' is by the container's own map. */
  readonly idMap?: string;
}

const volumeName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const plain = new Set(
  'rw ro private rprivate shared rshared slave rslave unbindable runbindable bind rbind exec noexec dev nodev suid nosuid'.split(
    ' ',
  ),
);
const exclusive: readonly (readonly string[])[] = [
  ['rw', 'ro'],
  ['exec', 'noexec'],
  ['dev', 'nodev'],
  ['suid', 'nosuid'],
  ['bind', 'rbind'],
  ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave', 'unbindable', 'runbindable'],
];

/** `[SOURCE:]DESTINATION[:options]`. `cwd` resolves `./`. */
export function parseVolume(text: string, cwd: string = process.cwd()): MountRequest {
  const parts = text.split(':');
  const [first = '', second, third] = parts;
  if (parts.length > 3 || first === '') {
    throw invalid(`${text}: incorrect volume format, should be [host-dir:]ctr-dir[:option]`);
  }
  if (second === undefined) return finish('volume', undefined, first, [], text);
  const options = third === undefined ? [] : third.split(',');
  if (first.startsWith('/') || first.startsWith('.')) return finish('bind', resolve(cwd, first), second, options, text);
  if (!volumeName.test(first)) {
    throw invalid(`${first}: names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument`);
  }
  return finish('volume', first, second, options, text);
}

/** `DESTINATION[:options]`. */
export function parseTmpfs(text: string): MountRequest {
  const colon = text.indexOf(':');
  const destination = colon < 0 ? text : text.slice(0, colon);
  const options = colon < 0 ? [] : text.slice(colon + 1).split(',');
  return finish('tmpfs', undefined, destination, options, text);
}

/** `type=bind,src=…,dst=…`: comma-separated fields; the default type is volume. */
export function parseMount(text: string, cwd: string = process.cwd()): MountRequest {
  const fields = text.split(',').map((field): [string, string | undefined] => {
    const equals = field.indexOf('=');
    return equals < 0 ? [field, undefined] : [field.slice(0, equals), field.slice(equals + 1)];
  });
  const type = fields.find(([name]) => name === 'type')?.[1] ?? 'volume';
  if (!isMountType(type)) {
    throw invalid(
      type === 'artifact' ? 'mounts of type "artifact" are not supported yet' : `invalid filesystem type "${type}"`,
    );
  }
  let source: string | undefined;
  let destination: string | undefined;
  const options: string[] = [];
  for (const [name, value] of fields) {
    if (name === 'type' || name === 'consistency') continue;
    if (name === 'src' || name === 'source') source = required(name, value);
    else if (name === 'dst' || name === 'target' || name === 'dest' || name === 'destination') {
      destination = required(name, value);
    } else options.push(...mountOption(name, value, type));
  }
  if (type === 'bind') source ??= destination;
  if (destination === undefined) throw invalid('must set volume destination');
  if ((type === 'image' || type === 'glob') && source === undefined) throw invalid('must set source volume');
  if ((type === 'bind' || type === 'glob') && source !== undefined) source = resolve(cwd, source);
  if (type === 'volume' && source !== undefined && !volumeName.test(source)) {
    throw invalid(`${source}: names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument`);
  }
  return finish(type, source, destination, options, text);
}

function isMountType(type: string): type is MountRequest['type'] {
  return ['bind', 'volume', 'tmpfs', 'ramfs', 'devpts', 'image', 'glob'].includes(type);
}

/** One field of `--mount` as options of a mount. */
function mountOption(name: string, value: string | undefined, type: MountRequest['type']): string[] {
  const on = value === undefined || value === 'true' || value === '1';
  switch (name) {
    case 'ro':
    case 'readonly':
      return [on ? 'ro' : 'rw'];
    case 'rw':
    case 'readwrite':
      return [on ? 'rw' : 'ro'];
    case 'bind-propagation':
      return [required(name, value)];
    case 'bind-nonrecursive':
      return [on ? 'bind' : 'rbind'];
    case 'relabel':
      return [value === 'shared' ? 'z' : 'Z'];
    case 'U':
    case 'chown':
      return on ? ['U'] : [];
    case 'subpath':
    case 'volume-subpath':
      return [`subpath=${required(name, value)}`];
    case 'tmpfs-size':
      return [`size=${required(name, value)}`];
    case 'tmpfs-mode':
      return [`mode=${required(name, value)}`];
    case 'volume-label':
    case 'volume-opt':
      throw invalid(`the option ${name} is not supported: make the volume with podman volume create first`);
    default:
      if (value !== undefined && type === 'devpts') return [`${name}=${value}`];
      return [value === undefined ? name : `${name}=${value}`];
  }
}

function finish(
  type: MountRequest['type'],
  source: string | undefined,
  destination: string,
  options: readonly string[],
  text: string,
): MountRequest {
  if (!destination.startsWith('/')) {
    throw invalid(`invalid container path "${destination}", must be an absolute path`);
  }
  let chown = false;
  let noCopy = false;
  let noCreate = false;
  let subpath: string | undefined;
  let overlay = false;
  let upper: string | undefined;
  let work: string | undefined;
  let idMap: string | undefined;
  const kept: string[] = [];
  for (const option of options) {
    const [name = '', value] = option.split(/=(.*)/s, 2);
    if (option === '' || name === 'z' || name === 'Z' || option === 'copy') continue;
    if (option === 'U') chown = true;
    else if (option === 'nocopy') noCopy = true;
    else if (option === 'nocreate') noCreate = true;
    else if (name === 'subpath' && value) subpath = value;
    else if (option === 'O') overlay = true;
    else if (name === 'upperdir' && value) upper = value;
    else if (name === 'workdir' && value) work = value;
    else if (name === 'idmap') idMap = value ?? '';
    else if (option === 'no-dereference') throw invalid('the mount option no-dereference is not supported yet');
    else if (plain.has(option) || type === 'tmpfs' || type === 'ramfs' || type === 'devpts') kept.push(option);
    else throw invalid(`${option}: invalid mount option`);
  }
  for (const group of exclusive) {
    const given = new Set(kept.filter((option) => group.includes(option)));
    if (given.size > 1) {
      throw invalid(
        `only one of ${[...given].map((option) => `'${option}'`).join(' and ')} can be used: invalid mount option`,
      );
    }
  }
  if (overlay && kept.length > 0) throw invalid(`can't use 'O' with other options: ${text}`);
  if ((upper === undefined) !== (work === undefined) || (upper !== undefined && !overlay)) {
    throw invalid(`${text}: upperdir and workdir belong together, and to the option O`);
  }
  const clean = normalize(destination).replace(/(.)\/$/, '$1');
  return {
    type,
    ...(source === undefined ? {} : { source }),
    destination: clean,
    options: kept,
    chown,
    noCopy,
    noCreate,
    ...(subpath === undefined ? {} : { subpath }),
    ...(overlay ? { overlay: upper === undefined || work === undefined ? {} : { upper, work } } : {}),
    ...(idMap === undefined ? {} : { idMap }),
  };
}

function required(name: string, value: string | undefined): string {
  if (!value) throw invalid(`${name}: must have a value: invalid mount option`);
  return value;
}

function invalid(message: string): RuntimeError {
  return new RuntimeError('INVALID', message);
}
