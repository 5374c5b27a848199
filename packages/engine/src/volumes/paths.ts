/** Where volumes are: `<graph root>/volumes/<name>/_data`, as the Go tool has them, or below `volume_path`. */
import type { Engine } from '../engine.ts';

export async function volumesDirectory(engine: Engine): Promise<string> {
  const { volume_path: configured } = (await engine.conf()).engine;
  return configured || `${engine.store.graphRoot}/volumes`;
}

/** The folder with a volume's content. */
export async function volumeData(engine: Engine, name: string): Promise<string> {
  return `${await volumesDirectory(engine)}/${name}/_data`;
}
