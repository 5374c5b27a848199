/** Where things are below the overlay driver's home, and how a layer's folder is made (storage: drivers/overlay). */

import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from '@lighter/linux/random';
import { StorageError } from '../errors.ts';
import type { TempDirectory } from '../temp-directories.ts';

const LINK_LENGTH = 26;
const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export class OverlayLayout {
  readonly home: string;

  constructor(home: string) {
    this.home = home;
  }

  directory(id: string): string {
    return `${this.home}/${id}`;
  }

  /** A layer's own content, nearest first: `diff`, then older contents that id remapping pushed down. */
  contents(id: string): string[] {
    const directory = this.directory(id);
    const names = readdirSync(directory);
    if (names.includes('composefs-data'))
      throw new StorageError('DRIVER_UNSUPPORTED', `layer ${id} is a composefs image, which isn't supported yet`);
    const older = names
      .filter((name) => /^diff\d+$/.test(name))
      .sort((a, b) => Number(a.slice(4)) - Number(b.slice(4)));
    return [`${directory}/diff`, ...older.map((name) => `${directory}/${name}`)];
  }

  prepareHome(): void {
    mkdirSync(`${this.home}/l`, { recursive: true, mode: 0o755 });
    chmodSync(this.home, 0o700);
    const marker = `${this.home}/.has-mount-program`;
    if (!lstatSync(marker, { throwIfNoEntry: false })) writeFileSync(marker, 'false', { mode: 0o600 });
  }

  /** Whether the layers were written by a mount program, whose whiteouts the kernel doesn't understand. */
  hasMountProgram(): boolean {
    try {
      return readFileSync(`${this.home}/.has-mount-program`, 'utf8').trim() === 'true';
    } catch {
      return false;
    }
  }

  /**
   * Makes a layer's folder. `parents` are all ids below it, nearest first. `content` is a folder to become its `diff`; without
   * one an empty `diff` is made. Everything of an earlier, incomplete try is removed first.
   */
  create(id: string, parents: readonly string[], content?: string): void {
    const directory = this.directory(id);
    this.#removeRemains(id);
    mkdirSync(directory, { mode: 0o700 });
    if (content === undefined) this.#emptyDiff(directory, parents[0]);
    else renameSync(content, `${directory}/diff`);
    const link = this.#link(id);
    writeFileSync(`${directory}/link`, link, { mode: 0o644 });
    for (const name of ['work', 'merged']) mkdirSync(`${directory}/${name}`, { mode: 0o700 });
    if (parents.length === 0) return mkdirSync(`${directory}/empty`, { mode: 0o700 });
    writeFileSync(`${directory}/lower`, parents.map((parent) => `l/${this.linkOf(parent)}`).join(':'), { mode: 0o644 });
    writeFileSync(`${directory}/lower-layers`, parents.join(':'), { mode: 0o644 });
  }

  /** The root of a layer has its parent's owner and mode; an image's own entry for it doesn't count. */
  prepareContent(path: string, parent: string | undefined): void {
    mkdirSync(path, { mode: 0o555 });
    this.applyRoot(path, parent);
  }

  applyRoot(path: string, parent: string | undefined): void {
    const status =
      parent === undefined ? undefined : lstatSync(`${this.directory(parent)}/diff`, { throwIfNoEntry: false });
    chownSync(path, status?.uid ?? 0, status?.gid ?? 0);
    chmodSync(path, status ? status.mode & 0o7777 : 0o555);
  }

  /** Short name of a layer. The link, and the file that names it, are made again when they have been lost. */
  linkOf(id: string): string {
    const link = this.#linkName(id);
    if (link === undefined) {
      if (!this.exists(id)) throw new StorageError('LAYER_DAMAGED', `the files of layer ${id} are missing`);
      const renewed = this.#link(id);
      writeFileSync(`${this.directory(id)}/link`, renewed, { mode: 0o644 });
      return renewed;
    }
    if (!lstatSync(`${this.home}/l/${link}`, { throwIfNoEntry: false }))
      symlinkSync(`../${id}/diff`, `${this.home}/l/${link}`);
    return link;
  }

  /** Moves everything of a layer away; the caller deletes it when no lock is held. */
  takeAway(id: string, trash: TempDirectory): void {
    const link = this.#linkName(id);
    if (link) trash.take(`${this.home}/l/${link}`);
    trash.take(this.directory(id));
  }

  exists(id: string): boolean {
    return lstatSync(this.directory(id), { throwIfNoEntry: false })?.isDirectory() ?? false;
  }

  /** Fresh mount point after an unmount: others' namespaces may still see something on the old one. */
  replaceMerged(id: string): void {
    const merged = `${this.directory(id)}/merged`;
    try {
      rmdirSync(`${merged}.1`);
    } catch {
      // Not there, as it should be.
    }
    mkdirSync(`${merged}.1`, { mode: 0o700 });
    renameSync(`${merged}.1`, merged);
  }

  #emptyDiff(directory: string, parent: string | undefined): void {
    this.prepareContent(`${directory}/diff`, parent);
  }

  #link(id: string): string {
    for (;;) {
      const link = [...randomBytes(LINK_LENGTH)].map((byte) => base32[byte & 31]).join('');
      try {
        symlinkSync(`../${id}/diff`, `${this.home}/l/${link}`);
        return link;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
  }

  #linkName(id: string): string | undefined {
    try {
      const link = readFileSync(`${this.directory(id)}/link`, 'utf8').trim();
      return /^[A-Z2-7]{26}$/.test(link) ? link : undefined;
    } catch {
      return undefined;
    }
  }

  #removeRemains(id: string): void {
    if (!this.exists(id)) return;
    const link = this.#linkName(id);
    if (link) rmSync(`${this.home}/l/${link}`, { force: true });
    rmSync(this.directory(id), { recursive: true, force: true });
  }
}
