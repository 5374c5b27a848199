/** Annotations that podman gives every container. */
import { RuntimeError } from '../errors.ts';
import type { SpecRequest } from './request.ts';

const MAXIMUM_BYTES = 256 * 1024;

export function containerAnnotations(request: SpecRequest): Record<string, string> {
  const signal = request.stopSignal ?? 15;
  const annotations: Record<string, string> = {
    'io.container.manager': 'libpod',
    'org.opencontainers.image.stopSignal': String(signal),
    'org.systemd.property.KillSignal': String(signal),
    'org.systemd.property.TimeoutStopUSec': `uint64 ${(request.stopTimeout ?? 10) * 1_000_000}`,
    ...(request.privileged ? { 'io.podman.annotations.privileged': 'TRUE' } : {}),
    ...request.annotations,
  };
  const size = Object.entries(annotations).reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  if (size > MAXIMUM_BYTES) {
    throw new RuntimeError('INVALID', `annotations size ${size} is larger than limit ${MAXIMUM_BYTES}`);
  }
  return annotations;
}
