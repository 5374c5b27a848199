/** A program for tests that kill it: `pull FROM TO` copies an image, `delete NAME` removes one from a store. */
import { copyImage } from '@lighter/image/copy/copy-image';
import { parseImageName } from '@lighter/image/parse';

const [verb, first = '', second = ''] = process.argv.slice(2);
if (verb === 'pull') await copyImage(await parseImageName(first), await parseImageName(second), {});
else await (await parseImageName(first)).delete?.({});
