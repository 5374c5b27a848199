/** mountpoints.json in the run root: how many users each mounted layer has. Only touched while layers.lock is held too. */
import { readRecords, writeRecords } from './atomic-file.ts';
import { LockFile } from './lock-file.ts';

interface RawMountPoint {
  id: string;
  path: string;
  count: number;
}

export class MountCounts {
  readonly #lock: LockFile;
  readonly #path: string;

  constructor(directory: string) {
    this.#lock = new LockFile(`${directory}/mountpoints.lock`);
    this.#path = `${directory}/mountpoints.json`;
  }

  /** Mounts if nobody has, and counts. What the file says is checked against what is really mounted. */
  async mount(id: string, isMounted: () => boolean, mount: () => string): Promise<string> {
    return this.#update((points) => {
      const known = points.find((point) => point.id === id);
      if (known && known.count > 0 && isMounted()) {
        known.count++;
        return known.path;
      }
      const path = mount();
      if (known) Object.assign(known, { path, count: 1 });
      else points.push({ id, path, count: 1 });
      return path;
    });
  }

  /** Returns whether others still use it. */
  async unmount(id: string, force: boolean, unmount: () => void): Promise<boolean> {
    return this.#update((points) => {
      const index = points.findIndex((point) => point.id === id);
      const known = points[index];
      if (known && known.count > 1 && !force) {
        known.count--;
        return true;
      }
      unmount();
      if (index >= 0) points.splice(index, 1);
      return false;
    });
  }

  /** Layer id → mount point. */
  mounted(): Map<string, string> {
    return new Map(
      readRecords<RawMountPoint>(this.#path)
        .filter((point) => point.count > 0)
        .map((point) => [point.id, point.path]),
    );
  }

  #update<T>(change: (points: RawMountPoint[]) => T): Promise<T> {
    return this.#lock.with(true, (held) => {
      const points = readRecords<RawMountPoint>(this.#path);
      const result = change(points);
      held.renewToken();
      // The run root doesn't outlive a boot.
      writeRecords(this.#path, points, false);
      return result;
    });
  }
}
