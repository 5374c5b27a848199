/** Which containers a command line means: by name, all, or the latest. */
import type { Engine } from '@lighter/engine/engine';
import type { Container } from '@lighter/engine/state/containers';

export interface Selection {
  readonly names: readonly string[];
  readonly all?: boolean | undefined;
  readonly latest?: boolean | undefined;
  readonly ignore?: boolean | undefined;
  readonly filter?: (container: Container) => boolean;
}

/** What the user typed for each, and the container. One unknown name fails everything, unless ignored. */
export async function selectContainers(
  engine: Engine,
  { names, all, latest, ignore, filter = () => true }: Selection,
): Promise<{ readonly typed: string; readonly container: Container }[]> {
  if (all && latest) throw new Error('--all and --latest cannot be used together');
  if (all && names.length > 0) throw new Error('no arguments are needed with --all');
  if (latest && names.length > 0) throw new Error('--latest and containers cannot be used together');
  if (!all && !latest && names.length === 0) throw new Error('you must provide at least one name or id');
  if (all)
    return (await engine.containers.all())
      .filter(filter)
      .map((container) => ({ typed: container.record.id, container }));
  if (latest) {
    const container = (await engine.containers.all()).at(-1);
    if (!container) throw new Error('no containers to choose the latest of');
    return [{ typed: container.record.id, container }];
  }
  const found = [];
  for (const typed of names) {
    const container = ignore ? await engine.containers.find(typed) : await engine.containers.get(typed);
    if (container) found.push({ typed, container });
  }
  return found;
}
