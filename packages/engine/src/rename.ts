/** `podman rename`. The store knows the name too, as the Go tools look there. */
import type { Engine } from './engine.ts';
import { EngineError } from './errors.ts';
import { checkName } from './names.ts';
import type { Container } from './state/containers.ts';

export async function renameContainer(engine: Engine, { record }: Container, name: string): Promise<void> {
  checkName(name);
  if (name === record.name) return;
  const taken = (await engine.containers.all()).find((other) => other.record.name === name);
  if (taken) {
    throw new EngineError(
      'NAME_IN_USE',
      `name ${JSON.stringify(name)} is in use by container ${taken.record.id}: container already exists`,
    );
  }
  await engine.store.setContainerNames(record.id, [name]);
  await engine.containers.update({ ...record, name, config: { ...record.config, name } });
}
