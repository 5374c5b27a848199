/**
 * A program for tests that kill it or run several at once: `pull FROM TO` copies an image, `delete NAME` removes one from a
 * store, `work ROOT RUNROOT FROM NAME ROUNDS` does both again and again, with a tag and a mounted container in between.
 */
import { copyImage } from '@lighter/image/copy/copy-image';
import { parseImageName } from '@lighter/image/parse';
import { openStore } from '@lighter/storage/open';

const [verb, ...texts] = process.argv.slice(2);
const [first = '', second = '', from = '', name = '', rounds = '0'] = texts;

async function pull(source: string, destination: string): Promise<void> {
  await copyImage(await parseImageName(source), await parseImageName(destination), {});
}

if (verb === 'pull') await pull(first, second);
else if (verb === 'delete') await (await parseImageName(first)).delete?.({});
else {
  await using store = await openStore({ root: first, runRoot: second });
  for (let round = 0; round < Number(rounds); round++) {
    await pull(from, `containers-storage:[overlay@${first}+${second}]${name}`);
    const { id } = await store.image(name);
    await store.setImageNames(id, [name, `${name}-tag`]);
    const container = await store.createContainer({ names: [], image: id, volatile: round % 2 === 0 });
    await store.mount(container.id);
    await store.deleteContainer(container.id);
    if (round + 1 < Number(rounds)) await store.deleteImage(id);
  }
}
