/** File names of data items (storage: bigDataNameIsManifest and makeBigDataBaseName). */
import { StorageError } from './errors.ts';

/** The key itself where it is only digits, lower-case letters and dots, else `=` and its base64. */
export function bigDataFileName(key: string): string {
  if (key === '') throw new StorageError('ID_INVALID', 'not a valid name for a big data item');
  // A key of dots only would be a folder.
  if (/^[0-9a-z.]+$/.test(key) && !/^\.+$/.test(key)) return key;
  const encoded = `=${Buffer.from(key).toString('base64')}`;
  if (encoded.includes('/'))
    throw new StorageError('ID_INVALID', `not a valid name for a big data item: ${JSON.stringify(key)}`);
  return encoded;
}
