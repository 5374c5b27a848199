/** A container's terminal, stdin and log. */
import type { ContainersConf } from '@lighter/config/containers';
import type { ContainerIo } from '@lighter/runtime/types';
import { ContainerError } from './errors.ts';
import type { NewContainer } from './options.ts';

export function containerIo({ options, bundle }: NewContainer, conf: ContainersConf): ContainerIo {
  const logDriver = driver(options.logDriver ?? conf.containers.log_driver);
  const terminal = options.terminal ?? false;
  if (logDriver === 'passthrough' && terminal) {
    throw new ContainerError('INVALID', 'passthrough logdriver cannot be used with a tty');
  }
  const sizeMax = options.logSizeMax ?? conf.containers.log_size_max;
  return {
    terminal,
    stdin: options.interactive ?? false,
    logDriver,
    ...(logDriver === 'k8s-file' ? { logPath: options.logPath ?? `${bundle}/ctr.log` } : {}),
    ...(sizeMax > 0 ? { logSizeMax: sizeMax } : {}),
    ...(options.logTag || conf.containers.log_tag ? { logTag: options.logTag ?? conf.containers.log_tag } : {}),
  };
}

function driver(name: string): ContainerIo['logDriver'] {
  switch (name) {
    case '':
    case 'k8s-file':
    case 'json-file':
      return 'k8s-file';
    case 'journald':
    case 'none':
    case 'passthrough':
      return name;
    default:
      throw new ContainerError('INVALID', `invalid log driver "${name}": invalid argument`);
  }
}
