/** The TypeScript of README.md and docs/ is run as it stands there, with an image of a registry of our own. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { must, repository } from './support/command.ts';
import { startRegistry } from './support/registry.ts';
import { makeSample, pushSample } from './support/sample-image.ts';
import { scratch } from './support/scratch.ts';

const documents = ['README.md', ...readdirSync(`${repository}/docs`).map((name) => `docs/${name}`)].filter((path) =>
  path.endsWith('.md'),
);

test('examples run', async (t) => {
  const directory = scratch(t, 'documentation');
  const registry = await startRegistry(t);
  await pushSample(await makeSample(`${directory}/sample`), `${registry.host}/prometheus/busybox:latest`);
  writeFileSync(
    `${directory}/registries.conf`,
    `[[registry]]\nprefix = "quay.io"\nlocation = "${registry.host}"\ninsecure = true\n`,
  );
  let count = 0;
  for (const path of documents) {
    const examples = readFileSync(`${repository}/${path}`, 'utf8').matchAll(/^```ts\n(.*?)^```$/gms);
    for (const [, example = ''] of examples) {
      count++;
      const program = `${repository}/test/.example-${process.pid}-${count}.ts`;
      writeFileSync(program, example.replaceAll('/tmp/', `${directory}/`));
      t.after(() => rmSync(program, { force: true }));
      const output = await must(process.execPath, ['--conditions=source', program], {
        env: { CONTAINERS_REGISTRIES_CONF: `${directory}/registries.conf`, HOME: directory },
      });
      if (example.includes('// POLICY_REJECTED')) assert.equal(output, 'POLICY_REJECTED');
      if (example.includes('validateLayout')) assert.equal(output, '');
      if (example.includes('bytes copied')) assert.match(output, /^\d{6,} bytes copied$/);
    }
  }
  assert.ok(count >= 5);
});
