/** Which containers a command line means: by name, all, the latest, or by filters. */
import type { Engine } from '@lighter/engine/engine';
import type { Container } from '@lighter/engine/state/containers';

export interface Selection {
  readonly names: readonly string[];
  readonly all?: boolean | undefined;
  readonly latest?: boolean | undefined;
  readonly ignore?: boolean | undefined;
  /** `--filter`. */
  readonly filters?: readonly string[] | undefined;
  /** What `--all` leaves out silently. */
  readonly suitable?: (container: Container) => boolean;
}

export interface Selected {
  /** As the user named it. */
  readonly typed: string;
  readonly container: Container;
}

/** One unknown name fails everything, unless ignored. */
export async function selectContainers(engine: Engine, selection: Selection): Promise<Selected[]> {
  const { names, all, latest, ignore, filters = [], suitable = () => true } = selection;
  if (all && latest) throw new Error('--all and --latest cannot be used together');
  if (all && names.length > 0) throw new Error('no arguments are needed with --all');
  if (latest && names.length > 0) throw new Error('--latest and containers cannot be used together');
  if (!all && !latest && names.length === 0 && filters.length === 0) {
    throw new Error('you must provide at least one name or id');
  }
  const chosen = (await chooseFrom(engine, { names, all, latest, ignore, filters })).filter(
    ({ container }) => !all || suitable(container),
  );
  if (filters.length === 0) return chosen;
  const { containerFilter } = await import('./container-filters.ts');
  const accepts = containerFilter(filters);
  return chosen.filter(({ container }) => accepts(container));
}

async function chooseFrom(engine: Engine, { names, all, latest, ignore }: Selection): Promise<Selected[]> {
  const byId = (container: Container) => ({ typed: container.record.id, container });
  if (latest) {
    const container = (await engine.containers.all()).at(-1);
    if (!container) throw new Error('no containers to choose the latest of');
    return [byId(container)];
  }
  if (all || names.length === 0) return (await engine.containers.all()).map(byId);
  const found: Selected[] = [];
  for (const typed of names) {
    const container = ignore ? await engine.containers.find(typed) : await engine.containers.get(typed);
    if (container) found.push({ typed, container });
  }
  return found;
}
