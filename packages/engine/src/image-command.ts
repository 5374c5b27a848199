/** What an image and the options say together about a container's command, ports and labels. */
import type { ContainerOptions } from '@lighter/container/options';
import type { PortMapping } from '@lighter/network/types';
import type { ImageConfig, ImageConfigParameters } from '@lighter/spec/oci-image';
import type { Image } from '@lighter/storage/store-types';
import type { Engine } from './engine.ts';
import { EngineError } from './errors.ts';

/** The parameters that an image's configuration holds. */
export async function imageParameters(engine: Engine, image: Image): Promise<ImageConfigParameters> {
  const key = image.items.find((item) => item === `sha256:${image.id}`);
  if (!key) {
    throw new EngineError(
      'INVALID',
      `${image.names[0] ?? image.id} is no image that can be run: it has no configuration`,
    );
  }
  const config = JSON.parse((await engine.store.imageItem(image.id, key)).toString()) as ImageConfig;
  const parameters = config?.config ?? {};
  const wrong = wrongParameter(parameters);
  if (wrong) {
    throw new EngineError('INVALID', `${image.names[0] ?? image.id} can't be run: its configuration's ${wrong}`);
  }
  return parameters;
}

/** What an image says of itself is somebody else's input. undefined: every value is of the kind it must be. */
function wrongParameter(parameters: unknown): string | undefined {
  if (!isRecord(parameters)) return 'config is no object';
  for (const name of ['Env', 'Entrypoint', 'Cmd', 'Shell', 'OnBuild']) {
    const value = parameters[name] ?? [];
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) return `${name} is no list of texts`;
  }
  for (const name of ['User', 'WorkingDir', 'StopSignal'])
    if (typeof (parameters[name] ?? '') !== 'string') return `${name} is no text`;
  for (const name of ['ExposedPorts', 'Volumes', 'Labels', 'Healthcheck'])
    if (!isRecord(parameters[name] ?? {})) return `${name} is no object`;
  return undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An entry point of the user's own leaves the image's command out. */
export function commandOf(
  options: ContainerOptions,
  image: ImageConfigParameters,
): { readonly command: readonly string[]; readonly entrypoint?: readonly string[] } {
  const entrypoint = options.entrypoint ?? image.Entrypoint ?? undefined;
  const command = options.command?.length ? options.command : options.entrypoint ? [] : (image.Cmd ?? []);
  return { command, ...(entrypoint?.length ? { entrypoint } : {}) };
}

/** `80/tcp` of the image and of `--expose`, in order of their numbers. */
export function exposedPorts(image: ImageConfigParameters, expose: readonly string[]): string[] {
  const ports = [...Object.keys(image.ExposedPorts ?? {}), ...expose].flatMap((text) => {
    const [, first, last = first, protocol = 'tcp'] = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/.exec(text) ?? [];
    const [start, end] = [Number(first), Number(last)];
    if (first === undefined || start < 1 || end > 65_535 || end < start) {
      throw new EngineError('INVALID', `invalid port ${JSON.stringify(text)} to expose: invalid argument`);
    }
    return Array.from({ length: end - start + 1 }, (_, index) => `${start + index}/${protocol}`);
  });
  return [...new Set(ports)].sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1));
}

/** `--publish-all`: every exposed port that isn't published yet, on a host port that is still to be chosen. */
export function publishedToo(exposed: readonly string[], published: readonly PortMapping[]): PortMapping[] {
  return exposed.flatMap((text) => {
    const [number, protocol] = text.split('/') as [string, PortMapping['protocol']];
    const containerPort = Number(number);
    const has = published.some(
      (one) =>
        one.protocol === protocol &&
        containerPort >= one.containerPort &&
        containerPort < one.containerPort + one.range,
    );
    return has ? [] : [{ hostIp: '', hostPort: 0, containerPort, range: 1, protocol }];
  });
}
