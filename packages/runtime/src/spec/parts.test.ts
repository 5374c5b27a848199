import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCgroupMounts } from '../cgroups.ts';
import { conmonArguments } from '../conmon/arguments.ts';
import { parseOptions } from '../conmon/features.ts';
import { firstLogMessage, runtimeFailure } from '../oci/failure.ts';
import { mergeCapabilities } from './capabilities.ts';
import { parseUlimit } from './limits.ts';
import { completeMount } from './mount-options.ts';
import { parseMount, parseTmpfs, parseVolume } from './mount-request.ts';
import { convertSeccompProfile } from './seccomp.ts';
import { defaultSeccompProfile } from './seccomp-default.ts';
import { serializeSpec } from './serialize.ts';
import { lookUpUser } from './user.ts';
import { validateSpec } from './validate.ts';

test('capabilities: contradictions, unknown names, the bounding set', () => {
  const bounding = ['CAP_CHOWN', 'CAP_KILL', 'CAP_NET_RAW'];
  assert.deepEqual(mergeCapabilities(['CHOWN', 'SYS_ADMIN'], ['net_raw'], [], bounding), ['CAP_CHOWN', 'CAP_NET_RAW']);
  assert.deepEqual(mergeCapabilities(['CHOWN'], ['ALL'], ['kill'], bounding), ['CAP_CHOWN', 'CAP_NET_RAW']);
  assert.throws(() => mergeCapabilities([], ['all'], ['all'], bounding), {
    message: 'adding all caps and removing all caps not allowed',
  });
  assert.throws(() => mergeCapabilities([], ['kill'], ['CAP_KILL'], bounding), {
    message: 'capability "CAP_KILL" cannot be dropped and added',
  });
  assert.throws(() => mergeCapabilities([], ['nope'], [], bounding), { code: 'INVALID' });
});

test('ulimits', () => {
  assert.deepEqual(parseUlimit('nofile=10:20'), { type: 'RLIMIT_NOFILE', soft: 10, hard: 20 });
  assert.deepEqual(parseUlimit('core=-1'), { type: 'RLIMIT_CORE', soft: -1, hard: -1 });
  for (const wrong of ['nofile', 'nofile=a', 'nofile=20:10', 'nothing=1', 'nofile=-1:10']) {
    assert.throws(() => parseUlimit(wrong), { code: 'INVALID' }, wrong);
  }
});

test('volumes and mounts as they are written', () => {
  assert.deepEqual(parseVolume('./a:/b/:ro,Z', '/srv'), {
    type: 'bind',
    source: '/srv/a',
    destination: '/b',
    options: ['ro'],
    chown: false,
    noCopy: false,
    noCreate: false,
  });
  assert.deepEqual(parseVolume('data:/b:U,nocopy').options, []);
  assert.equal(parseVolume('/only').source, undefined);
  assert.equal(parseMount('type=bind,src=/a,target=/b,readonly').options[0], 'ro');
  assert.equal(parseMount('src=vol,dst=/b').type, 'volume');
  assert.deepEqual(completeMount(parseTmpfs('/t:size=1m,exec')).options, [
    ...['size=1m', 'exec', 'rprivate', 'nosuid', 'nodev', 'tmpcopyup'],
  ]);
  for (const [text, message] of [
    ['a:b:c:d', /incorrect volume format/],
    ['/a:b', /invalid container path "b", must be an absolute path/],
    ['/a:/b:rw,ro', /only one of 'rw' and 'ro' can be used/],
    ['/a:/b:what', /what: invalid mount option/],
    ['-x:/b', /names must match/],
  ] as const) {
    assert.throws(() => parseVolume(text), { message }, text);
  }
  assert.throws(() => parseMount('type=nope,dst=/a'), { message: 'invalid filesystem type "nope"' });
  assert.throws(() => parseMount('type=bind,src=/a,dst='), { code: 'INVALID' });
});

test('users', () => {
  const files = { passwd: 'root:x:0:0::/root:/bin/sh\nbad\nu:x:7:8::/h:/bin/sh\n', group: 'g:x:9:u\nh:x:8:\n' };
  assert.deepEqual(lookUpUser('u', files), { uid: 7, gid: 8, additionalGids: [8, 9], home: '/h', hasGroup: true });
  assert.deepEqual(lookUpUser('7:g', files).additionalGids, [9]);
  assert.deepEqual(lookUpUser('', files), { uid: 0, gid: 0, additionalGids: [], home: '/root', hasGroup: false });
  assert.deepEqual(lookUpUser('55', files), { uid: 55, gid: 0, additionalGids: [0], hasGroup: false });
  assert.throws(() => lookUpUser('x', files), { code: 'INVALID' });
  assert.throws(() => lookUpUser('u:x', files), { message: /unable to find group x/ });
  assert.throws(() => lookUpUser('4294967295', files), { code: 'INVALID' });
});

test('seccomp: rules by capability, architecture and kernel', () => {
  const profile = JSON.stringify({
    defaultAction: 'SCMP_ACT_ERRNO',
    archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] }],
    syscalls: [
      { names: ['a'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_X'] } },
      { names: ['b'], action: 'SCMP_ACT_ALLOW', excludes: { caps: ['CAP_X'] } },
      { names: ['c'], action: 'SCMP_ACT_ALLOW', includes: { arches: ['arm64'] } },
      { names: ['d'], action: 'SCMP_ACT_ALLOW', includes: { minKernel: '4.8' } },
      { names: ['e'], action: 'SCMP_ACT_ALLOW', includes: { minKernel: '99.0' } },
      { name: 'f', action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 1, valueTwo: 0, op: 'SCMP_CMP_EQ' }] },
    ],
  });
  const convert = (capabilities: string[]) =>
    convertSeccompProfile(profile, { architecture: 'amd64', kernel: [6, 1], capabilities });
  assert.deepEqual(
    convert([]).syscalls?.flatMap(({ names }) => names),
    ['b', 'd', 'f'],
  );
  assert.deepEqual(
    convert(['CAP_X']).syscalls?.flatMap(({ names }) => names),
    ['a', 'd', 'f'],
  );
  assert.deepEqual(convert([]).architectures, ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86']);
  assert.deepEqual(convert([]).syscalls?.at(-1)?.args, [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }]);
  assert.throws(() => convertSeccompProfile('[]', { architecture: 'amd64', kernel: [6, 1], capabilities: [] }), {
    code: 'INVALID',
  });
});

test('our own seccomp list allows no call twice over and keeps the dangerous ones behind capabilities', () => {
  const convert = (capabilities: string[]) =>
    convertSeccompProfile(defaultSeccompProfile, { architecture: 'amd64', kernel: [6, 1], capabilities });
  const allowed = (capabilities: string[]) =>
    convert(capabilities)
      .syscalls?.filter(({ action }) => action === 'SCMP_ACT_ALLOW')
      .flatMap(({ names }) => names) ?? [];
  for (const name of ['init_module', 'reboot', 'bpf', 'open_by_handle_at', 'settimeofday', 'kexec_load']) {
    assert.ok(!allowed([]).includes(name), name);
  }
  assert.ok(allowed(['CAP_SYS_BOOT']).includes('reboot'));
  const unconditional =
    convert([])
      .syscalls?.filter(({ args }) => !args)
      .flatMap(({ names }) => names) ?? [];
  assert.equal(new Set(unconditional).size, unconditional.length);
});

test('a runtime that fails, in its own words', () => {
  const failure = runtimeFailure('runc', 'runc create failed: exec: "/x": stat /x: no such file or directory');
  assert.equal(failure.exitCode, 127);
  assert.equal(
    failure.message,
    'runc: runc create failed: exec: "/x": stat /x: no such file or directory: OCI runtime attempted to invoke a command that was not found',
  );
  assert.equal(runtimeFailure('crun', 'open executable: Permission denied').code, 'PERMISSION_DENIED');
  assert.equal(runtimeFailure('crun', 'something').message, 'OCI runtime error: crun: something');
  assert.equal(firstLogMessage('x\n{"level":"error","msg":"why"}\n{"msg":"later"}\n'), 'why');
});

test('RLIM_INFINITY is written as an unsigned 64-bit integer', () => {
  const text = serializeSpec({
    ociVersion: '1.2.1',
    process: { user: { uid: 0, gid: 0 }, cwd: '/', rlimits: [{ type: 'RLIMIT_CORE', hard: 2 ** 64, soft: 0 }] },
  });
  assert.match(text, /"hard":18446744073709551615,"soft":0/);
});

test('a faulty configuration is named by its path', () => {
  const valid = {
    ociVersion: '1.2.1',
    root: { path: '/r' },
    process: { user: { uid: 0, gid: 0 }, cwd: '/', args: ['x'], env: ['A=b'] },
    linux: { namespaces: [{ type: 'mount' as const }] },
  };
  validateSpec(valid);
  for (const [change, message] of [
    [{ root: { path: 'r' } }, /root\.path: must be an absolute path, not "r"/],
    [{ process: { ...valid.process, args: [] } }, /process\.args/],
    [{ process: { ...valid.process, env: ['A'] } }, /process\.env\[0\]: must be NAME=value, not "A"/],
    [{ mounts: [{ destination: 'x' }] }, /mounts\[0\]\.destination/],
    [{ mounts: [{ destination: '/x', type: 'bind', source: 'y' }] }, /mounts\[0\]\.source/],
    [{ linux: { namespaces: [{ type: 'pid' as const }] } }, /linux\.namespaces: a container needs a mount namespace/],
    [{ hostname: 'h' }, /hostname: needs a UTS namespace/],
  ] as const) {
    assert.throws(() => validateSpec({ ...valid, ...change } as never), { code: 'INVALID', message });
  }
});

test('cgroup hierarchies from mountinfo', () => {
  const v1 = '31 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct';
  const v2 = '40 30 0:37 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw';
  const hybrid = parseCgroupMounts(`${v1}\n${v2}\n`);
  assert.deepEqual(
    [hybrid.version, hybrid.hybrid, hybrid.controllers.get('cpu')],
    [1, true, '/sys/fs/cgroup/cpu,cpuacct'],
  );
  const unified = parseCgroupMounts('40 30 0:37 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n');
  assert.deepEqual([unified.version, unified.hybrid, unified.unified], [2, false, '/sys/fs/cgroup']);
});

test("conmon's options: what the installed one has", () => {
  const features = parseOptions('  -0, --persist-dir     Persistent\n  --no-sync-log   Do not\n');
  assert.deepEqual([...features], ['persist-dir', 'no-sync-log']);
  const request = {
    id: 'i',
    name: 'n',
    bundle: '/b',
    runDirectory: '/r',
    exitDirectory: '/e',
    persistDirectory: '/p',
    systemdCgroup: false,
    volatileLog: true,
    io: { terminal: false, stdin: true, logDriver: 'k8s-file', logPath: '/b/ctr.log' },
    exitCommand: ['/guard', 'a'],
    preservedFds: [7],
  } as const;
  const runtime = { path: '/usr/bin/runc', globalArguments: [] };
  const text = (known: ReadonlySet<string>) => conmonArguments(request, runtime, known).join(' ');
  assert.equal(
    text(features),
    '--api-version 1 -c i -u i -r /usr/bin/runc -b /b -p /r/pidfile -n n --exit-dir /e --persist-dir /p --full-attach ' +
      '-l k8s-file:/b/ctr.log --log-level warning --no-sync-log --runtime-arg --log-format=json --runtime-arg --log ' +
      '--runtime-arg /r/oci-log -i --conmon-pidfile /r/conmon.pid --exit-command /guard --exit-command-arg a ' +
      '--runtime-opt --preserve-fds --runtime-opt 1',
  );
  assert.doesNotMatch(text(new Set()), /persist-dir|no-sync-log/);
});
