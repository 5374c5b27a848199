/** Checks a configuration before a runtime sees it; the first fault is named by its path. */
import type { Spec } from '@lighter/spec/runtime';
import { RuntimeError } from '../errors.ts';

/** Throws RuntimeError `INVALID`, with a text like `process.cwd: must be an absolute path, not "x"`. */
export function validateSpec(spec: Spec): void {
  check(/^1\.\d+\.\d+/.test(spec.ociVersion), 'ociVersion', `must be a version 1, not ${quote(spec.ociVersion)}`);
  check(isAbsolute(spec.root?.path), 'root.path', `must be an absolute path, not ${quote(spec.root?.path)}`);
  checkProcess(spec);
  (spec.mounts ?? []).forEach((mount, index) => {
    const where = `mounts[${index}]`;
    check(
      isAbsolute(mount.destination),
      `${where}.destination`,
      `must be an absolute path, not ${quote(mount.destination)}`,
    );
    if (mount.type === 'bind') check(isAbsolute(mount.source), `${where}.source`, 'a bind needs an absolute path');
    (mount.options ?? []).forEach((option, at) => {
      check(noNul(option), `${where}.options[${at}]`, 'must not contain a NUL');
    });
  });
  checkLinux(spec);
}

function checkProcess({ process }: Spec): void {
  if (!process) throw fault('process', 'is missing');
  check(isAbsolute(process.cwd), 'process.cwd', `must be an absolute path, not ${quote(process.cwd)}`);
  check(
    (process.args?.length ?? 0) > 0,
    'process.args',
    'no command or entrypoint provided, and no CMD or ENTRYPOINT from image',
  );
  process.args?.forEach((argument, index) => {
    check(noNul(argument), `process.args[${index}]`, 'must not contain a NUL');
  });
  process.env?.forEach((entry, index) => {
    check(noNul(entry) && entry.indexOf('=') > 0, `process.env[${index}]`, `must be NAME=value, not ${quote(entry)}`);
  });
  const types = new Set<string>();
  process.rlimits?.forEach(({ type, soft, hard }, index) => {
    const where = `process.rlimits[${index}]`;
    check(!types.has(type), where, `${type} is given twice`);
    check(soft <= hard, where, `soft limit ${soft} is above the hard limit ${hard}`);
    types.add(type);
  });
  const { effective = [], permitted = [], ambient = [], inheritable = [] } = process.capabilities ?? {};
  const outside = effective.find((name) => !permitted.includes(name));
  check(outside === undefined, 'process.capabilities.effective', `${outside} isn't permitted`);
  const unusable = ambient.find((name) => !permitted.includes(name) || !inheritable.includes(name));
  check(unusable === undefined, 'process.capabilities.ambient', `${unusable} isn't permitted and inheritable`);
}

function checkLinux({ linux = {}, hostname }: Spec): void {
  const types = new Set<string>();
  linux.namespaces?.forEach(({ type, path }, index) => {
    const where = `linux.namespaces[${index}]`;
    check(!types.has(type), where, `${type} is given twice`);
    check(path === undefined || isAbsolute(path), `${where}.path`, 'must be an absolute path');
    types.add(type);
  });
  check(types.has('mount'), 'linux.namespaces', 'a container needs a mount namespace of its own');
  check(!hostname || types.has('uts'), 'hostname', 'needs a UTS namespace');
  check(!hostname || hostname.length <= 64, 'hostname', 'must have at most 64 characters');
  for (const key of ['maskedPaths', 'readonlyPaths'] as const) {
    linux[key]?.forEach((path, index) => {
      check(isAbsolute(path), `linux.${key}[${index}]`, `must be an absolute path, not ${quote(path)}`);
    });
  }
}

function check(holds: boolean, path: string, message: string): void {
  if (!holds) throw fault(path, message);
}

function fault(path: string, message: string): RuntimeError {
  return new RuntimeError('INVALID', `invalid container configuration: ${path}: ${message}`);
}

function isAbsolute(path: string | undefined): boolean {
  return path?.startsWith('/') === true && noNul(path);
}

function noNul(text: string): boolean {
  return !text.includes('\0');
}

function quote(text: string | undefined): string {
  return JSON.stringify(text ?? '');
}
