/** Writing an OCI layout as an archive: made in a temporary folder, packed at the commit. */
import { createReadStream, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import type { ImageContext, ImageDestination } from '../../types.ts';
import { createOciDestination } from '../oci/destination.ts';
import { OciReference } from '../oci/reference.ts';
import { TarFileWriter } from '../tar-file/tar-file-writer.ts';
import type { OciArchiveReference } from './reference.ts';

export function createOciArchive({ path, imageName }: OciArchiveReference, context: ImageContext): ImageDestination {
  const { temporaryDirectory } = context;
  const layout = mkdtempSync(`${temporaryDirectory ?? '/var/tmp'}/container_images_oci`);
  const inner = createOciDestination(new OciReference(layout, imageName, undefined), context);
  return {
    ...inner,
    async commit() {
      await inner.commit();
      using archive = new TarFileWriter(path, { mode: 0o644, temporaryDirectory });
      await pack(archive, layout, '');
      await archive.finish();
    },
    async [Symbol.asyncDispose]() {
      await inner[Symbol.asyncDispose]();
      rmSync(layout, { recursive: true, force: true });
    },
  };
}

/** Sorted by name, each folder before what is in it. */
async function pack(archive: TarFileWriter, layout: string, folder: string): Promise<void> {
  for (const name of readdirSync(`${layout}/${folder}`).sort()) {
    const path = `${folder}${name}`;
    if (statSync(`${layout}/${path}`).isDirectory()) {
      archive.addDirectory(path);
      await pack(archive, layout, `${path}/`);
    } else await archive.addStream(createReadStream(`${layout}/${path}`, { highWaterMark: 1 << 20 }), () => path);
  }
}
