import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { applyEngineEnvironment, defaultContainersConf, readContainersConf } from './containers.ts';

function root(context: TestContext, files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync('/dev/shm/lighter-conf-');
  context.after(() => rmSync(directory, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(`${directory}/${path}`.replace(/\/[^/]*$/, ''), { recursive: true });
    writeFileSync(`${directory}/${path}`, content);
  }
  return directory;
}

test('later files win, key by key; drop-ins in the order of their names', async (context) => {
  const directory = root(context, {
    'usr/share/containers/containers.conf': '[containers]\npids_limit = 1\nshm_size = "1m"\n[engine]\nruntime = "a"\n',
    'etc/containers/containers.conf': '[containers]\npids_limit = 2\n',
    'etc/containers/containers.conf.d/20.conf': '[containers]\npids_limit = 4\n',
    'etc/containers/containers.conf.d/10.conf': '[containers]\npids_limit = 3\nread_only = true\n',
    'etc/containers/containers.conf.d/30.txt': '[containers]\npids_limit = 5\n',
    'home/containers/containers.conf': '[containers]\npids_limit = 6\n',
  });
  const conf = await readContainersConf({ root: directory, env: {} });
  assert.equal(conf.containers.pids_limit, 4);
  assert.equal(conf.containers.shm_size, '1m');
  assert.equal(conf.containers.read_only, true);
  assert.equal(conf.engine.runtime, 'a');
  assert.equal(conf.engine.stop_timeout, 10);
  const env = { XDG_CONFIG_HOME: `${directory}/home` };
  const user = await readContainersConf({ root: directory, env, rootlessUid: 1000 });
  assert.equal(user.containers.pids_limit, 6);
});

test('lists replace, or grow from {append=true} on', async (context) => {
  const directory = root(context, {
    'etc/containers/containers.conf': '[containers]\nenv = ["A=1"]\n',
    'etc/containers/containers.conf.d/1.conf': '[containers]\nenv = ["B=2", {append=true}]\n',
    'etc/containers/containers.conf.d/2.conf': '[containers]\nenv = ["C=3"]\n',
  });
  const conf = await readContainersConf({ root: directory, env: {} });
  assert.deepEqual(conf.containers.env, ['A=1', 'B=2', 'C=3']);
});

test('CONTAINERS_CONF replaces, CONTAINERS_CONF_OVERRIDE comes last, a missing one is an error', async (context) => {
  const directory = root(context, {
    'etc/containers/containers.conf': '[engine]\nruntime = "a"\nstop_timeout = 1\n',
    one: '[engine]\nstop_timeout = 2\n',
    two: '[engine]\nstop_timeout = 3\n',
  });
  const read = (env: NodeJS.ProcessEnv) => readContainersConf({ root: directory, env });
  const replaced = await read({ CONTAINERS_CONF: `${directory}/one` });
  assert.deepEqual([replaced.engine.runtime, replaced.engine.stop_timeout], ['', 2]);
  const overridden = await read({ CONTAINERS_CONF_OVERRIDE: `${directory}/two` });
  assert.deepEqual([overridden.engine.runtime, overridden.engine.stop_timeout], ['a', 3]);
  await assert.rejects(read({ CONTAINERS_CONF: `${directory}/none` }), {
    name: 'ConfigError',
    code: 'CONFIG_UNREADABLE',
  });
});

test('unknown keys and those without an effect are told; wrong types are errors', async (context) => {
  const directory = root(context, {
    good: '[containers]\nnonesuch = 1\nlog_path = "/x"\n[engine]\n[engine.volume_plugins]\n[machine]\ncpus = 3\n[what]\na = 1\n',
    bad: '[containers]\npids_limit = "many"\n',
    broken: '[containers\n',
  });
  const conf = await readContainersConf({ env: { CONTAINERS_CONF: `${directory}/good` } });
  assert.deepEqual(conf.unknown, ['containers.nonesuch', 'what']);
  assert.deepEqual(conf.withoutEffect, ['containers.log_path']);
  await assert.rejects(readContainersConf({ env: { CONTAINERS_CONF: `${directory}/bad` } }), {
    code: 'CONFIG_INVALID',
    message: `${directory}/bad: containers.pids_limit must be an integer`,
  });
  await assert.rejects(readContainersConf({ env: { CONTAINERS_CONF: `${directory}/broken` } }), {
    code: 'CONFIG_INVALID',
  });
});

test("the engine's environment doesn't replace what is set", () => {
  const env: NodeJS.ProcessEnv = { A: 'mine' };
  const conf = defaultContainersConf();
  applyEngineEnvironment({ ...conf, engine: { ...conf.engine, env: ['A=1', 'B=2', 'broken'] } }, env);
  assert.deepEqual(env, { A: 'mine', B: '2' });
});
