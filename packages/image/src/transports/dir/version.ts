/** The `version` file that marks a folder as ours to overwrite. */
import { readFileSync } from 'node:fs';
import { ImageError } from '../../errors.ts';

export const VERSION = 'Directory Transport Version: 1.1\n';

/** Throws unless the folder has a version that we know. */
export function checkVersion(path: string): void {
  const text = readFileSync(`${path}/version`, 'utf8');
  const [, major, minor] = /^Directory Transport Version: (\d+)\.(\d+)\n?$/.exec(text) ?? [];
  if (major !== '1' || Number(minor) > 2) {
    throw new ImageError(
      'LAYOUT_INVALID',
      `${path}: unsupported directory transport version ${JSON.stringify(text.slice(0, 100))}`,
    );
  }
}
