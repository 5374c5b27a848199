/**
 * Manifests, indexes and configurations checked against the standard (OCI image-spec 1.1: manifest.md, image-index.md,
 * config.md; Docker's schema 2 has the same shape under its own names).
 */
import { mediaTypes } from '@lighter/spec/media-types';
import { annotations, descriptor, digest, mediaType } from './descriptor.ts';
import {
  all,
  anything,
  boolean,
  type Check,
  child,
  exactly,
  type Fault,
  integer,
  isObject,
  listOf,
  mapOf,
  object,
  text,
} from './shapes.ts';

const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json';

function oneOf(...types: readonly string[]): Check {
  return text(types.join(' or '), (value) => types.includes(value));
}

/** manifest.md: an artifact that has no configuration must say what it is. */
const saysWhatItIs: Check = (value, place, faults) => {
  if (!isObject(value) || !isObject(value['config'])) return;
  if (value['config']['mediaType'] === EMPTY_TYPE && value['artifactType'] === undefined)
    faults.push({ place, message: `has no "artifactType", though its config is of type ${EMPTY_TYPE}` });
};

const manifest = all(
  object(
    { schemaVersion: exactly(2), config: descriptor, layers: listOf(descriptor) },
    {
      mediaType: oneOf(mediaTypes.ociManifest, mediaTypes.dockerManifest),
      artifactType: mediaType,
      subject: descriptor,
      annotations,
    },
    ['annotations'],
  ),
  saysWhatItIs,
);

const index = object(
  { schemaVersion: exactly(2), manifests: listOf(descriptor) },
  {
    mediaType: oneOf(mediaTypes.ociIndex, mediaTypes.dockerManifestList),
    artifactType: mediaType,
    subject: descriptor,
    annotations,
  },
  ['annotations'],
);

/** RFC 3339, section 5.6. */
const dateTime = text(
  'a date and time (RFC 3339)',
  (value) =>
    /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(value) &&
    !Number.isNaN(Date.parse(value.replace(/(\.\d{3})\d+/, '$1'))),
);
const texts = listOf(text('a text'));
const port = text('a port like 80, 80/tcp or 53/udp', (value) => {
  const number = Number(/^(\d{1,5})(\/(tcp|udp|sctp))?$/.exec(value)?.[1]);
  return number >= 0 && number <= 65_535;
});

const parameters = object(
  {},
  {
    User: text('a user'),
    ExposedPorts: mapOf(anything, port),
    Env: listOf(text('of the form NAME=VALUE', /^[^=\0]+=[^\0]*$/s)),
    Entrypoint: texts,
    Cmd: texts,
    Volumes: mapOf(anything),
    WorkingDir: text('a path'),
    Labels: mapOf(text('a text')),
    StopSignal: text('a signal', /^(SIG[A-Z0-9]+([+-]\d+)?|[A-Z0-9]+|\d+)?$/),
    ArgsEscaped: boolean,
    Memory: integer(0),
    MemorySwap: integer(-1),
    CpuShares: integer(0),
    Healthcheck: object({}, { Test: texts }),
  },
  ['ExposedPorts', 'Env', 'Entrypoint', 'Cmd', 'Volumes', 'Labels', 'Healthcheck'],
);

/** config.md: the steps that made a layer are as many as there are layers. */
const historyFits: Check = (value, place, faults) => {
  if (!isObject(value) || !Array.isArray(value['history']) || !isObject(value['rootfs'])) return;
  const layers = value['rootfs']['diff_ids'];
  const steps = value['history'].filter((step) => !(isObject(step) && step['empty_layer'] === true)).length;
  if (Array.isArray(layers) && value['history'].length > 0 && steps !== layers.length)
    faults.push({
      place: child(place, 'history'),
      message: `has ${steps} steps that made a layer, and there are ${layers.length} layers`,
    });
};

const config = all(
  object(
    {
      architecture: text('an architecture', /./),
      os: text('an operating system', /./),
      rootfs: object({ type: exactly('layers'), diff_ids: listOf(digest) }),
    },
    {
      created: dateTime,
      author: text('a text'),
      variant: text('a variant'),
      'os.version': text('a version'),
      'os.features': texts,
      config: parameters,
      history: listOf(
        object(
          {},
          {
            created: dateTime,
            author: text('a text'),
            created_by: text('a text'),
            comment: text('a text'),
            empty_layer: boolean,
          },
        ),
      ),
    },
    ['created', 'config', 'history'],
  ),
  historyFits,
);

const layoutFile = object({ imageLayoutVersion: exactly('1.0.0') });

/** Faults of the manifest of one image or artifact; empty when it follows the standard. */
export function validateManifest(bytes: Uint8Array): Fault[] {
  return validate(bytes, manifest);
}

/** Faults of an image index or manifest list. */
export function validateIndex(bytes: Uint8Array): Fault[] {
  return validate(bytes, index);
}

/** Faults of an image configuration. */
export function validateConfig(bytes: Uint8Array): Fault[] {
  return validate(bytes, config);
}

/** Faults of a layout's `oci-layout` file (image-layout.md). */
export function validateLayoutFile(bytes: Uint8Array): Fault[] {
  return validate(bytes, layoutFile);
}

function validate(bytes: Uint8Array, check: Check): Fault[] {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    return [{ place: '', message: `is not JSON in UTF-8: ${(error as Error).message}` }];
  }
  const faults: Fault[] = [];
  check(json, '', faults);
  return faults;
}
