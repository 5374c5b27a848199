/** What administrators and vendors describe for containers: hooks, devices. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { must } from './support/command.ts';
import { podmanWithImage } from './support/podman.ts';

for (const rootless of [false, true]) {
  const who = rootless ? 'an ordinary user' : 'root';

  test(`${who}: hooks run where their conditions hold`, async (t) => {
    const podman = await podmanWithImage(t, { rootless });
    const hooks = `${podman.directory}/hooks`;
    mkdirSync(hooks);
    const seen = `${podman.directory}/seen`;
    writeFileSync(seen, '');
    const program = `${podman.directory}/hook.sh`;
    writeFileSync(program, `#!/bin/sh\ncat > /dev/null\necho "$1 $WHO" >> ${seen}\n`);
    chmodSync(program, 0o755);
    if (podman.user) await must('chown', ['-R', `${podman.user.uid}`, seen, hooks]);
    const hook = (name: string, when: object, stages: string[]) =>
      writeFileSync(
        `${hooks}/${name}.json`,
        JSON.stringify({
          version: '1.0.0',
          hook: { path: program, args: ['hook', name], env: ['WHO=me'] },
          when,
          stages,
        }),
      );
    hook('1-always', { always: true }, ['prestart', 'poststop']);
    hook('2-annotated', { annotations: { '^mark$': 'y.s' } }, ['createRuntime']);
    hook('3-command', { commands: ['/true$'], always: true }, ['createRuntime']);
    const conf = podman.withConf(`[engine]\nhooks_dir = ["${hooks}"]\n`);
    await conf.must('run', '--rm', '--network', 'none', 'busy', 'echo');
    assert.equal(readFileSync(seen, 'utf8'), '1-always me\n1-always me\n');
    writeFileSync(seen, '');
    await podman.must(
      '--hooks-dir',
      hooks,
      'run',
      '--rm',
      '--network',
      'none',
      '--annotation',
      'mark=yes',
      'busy',
      '/bin/true',
    );
    assert.deepEqual(readFileSync(seen, 'utf8').trim().split('\n').sort(), [
      '1-always me',
      '1-always me',
      '2-annotated me',
      '3-command me',
    ]);
    writeFileSync(`${hooks}/4-wrong.json`, '{"version": "0.9"}');
    assert.match(
      (await conf.run('run', '--rm', '--network', 'none', 'busy')).stderr,
      /4-wrong\.json: hook version "0\.9" is not supported/,
    );
  });

  test(`${who}: devices of vendors`, async (t) => {
    const podman = await podmanWithImage(t, { rootless });
    const specs = `${podman.directory}/cdi`;
    mkdirSync(specs);
    writeFileSync(`${podman.directory}/library`, 'library\n');
    const device = {
      name: 'one',
      containerEdits: { env: ['CARD=1'], deviceNodes: [{ path: '/dev/card', hostPath: '/dev/zero' }] },
    };
    const spec = {
      cdiVersion: '0.6.0',
      kind: 'vendor.com/card',
      containerEdits: { mounts: [{ hostPath: `${podman.directory}/library`, containerPath: '/usr/lib/card' }] },
      devices: [device],
    };
    writeFileSync(`${specs}/card.json`, JSON.stringify(spec));
    writeFileSync(
      `${specs}/gpu.yaml`,
      'cdiVersion: 0.6.0\nkind: nvidia.com/gpu\ndevices:\n- name: all\n  containerEdits:\n    env: [GPU=all]\n',
    );
    const conf = podman.withConf(`[engine]\ncdi_spec_dirs = ["${specs}"]\n`);
    const show = 'echo $CARD; head -c 3 /dev/card | wc -c; cat /usr/lib/card';
    assert.equal(
      await conf.must('run', '--rm', '--network', 'none', '--device', 'vendor.com/card=one', 'busy', 'sh', '-c', show),
      '1\n3\nlibrary',
    );
    assert.equal(
      await podman.must(
        '--cdi-spec-dir',
        specs,
        'run',
        '--rm',
        '--network',
        'none',
        '--gpus',
        'all',
        'busy',
        'sh',
        '-c',
        'echo $GPU',
      ),
      'all',
    );
    assert.match(
      (await conf.run('run', '--network', 'none', '--device', 'vendor.com/card=two', 'busy')).stderr,
      /unresolvable CDI devices vendor\.com\/card=two/,
    );
  });
}
