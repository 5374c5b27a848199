/** `--device HOST[:CONTAINER][:rwm]` and `--device-cgroup-rule`. */
import { readdirSync, realpathSync } from 'node:fs';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFMT } from '@lighter/linux/constants';
import { linux } from '@lighter/linux/native';
import type { Device, DeviceRule } from '@lighter/spec/runtime';
import { RuntimeError } from '../errors.ts';

export interface DeviceRequest {
  readonly device: Device;
  readonly rule: DeviceRule;
  /** Where the device is on the host: rootless containers get a bind of it. */
  readonly source: string;
}

/** What a runtime makes by itself, or must not share. */
const ownDevices = new Set([
  'pts',
  'shm',
  'fd',
  'mqueue',
  'console',
  'core',
  'ptmx',
  'lxc',
  'lxd-monitor-fd',
  '.udev',
  '.lxc',
  '.lxd-mounts',
]);
const DEVICES = '/dev';

/** Every device of the host, for privileged containers. */
export function hostDevices(): DeviceRequest[] {
  return readdirSync(DEVICES)
    .filter((name) => !ownDevices.has(name))
    .flatMap((name) => devicesBelow(`${DEVICES}/${name}`, `${DEVICES}/${name}`, 'rwm'));
}

/** Looks the device up on the host; a directory stands for all devices below it. */
export function resolveDevice(text: string): DeviceRequest[] {
  const parts = text.split(':');
  const [source = '', second, third] = parts;
  if (!source.startsWith('/')) throw new RuntimeError('INVALID', `invalid device mode: ${text}`);
  const isAccess = second !== undefined && /^[rwm]{1,3}$/.test(second);
  const destination = second === undefined || isAccess ? source : second;
  const access = (isAccess ? second : third) ?? 'rwm';
  if (parts.length > 3 || !/^[rwm]{1,3}$/.test(access)) {
    throw new RuntimeError('INVALID', `invalid device mode: ${access}`);
  }
  return look(source, destination, access);
}

function look(source: string, destination: string, access: string): DeviceRequest[] {
  const path = realpathSync(source);
  const status = linux.lstat(path);
  const kind = status.mode & S_IFMT;
  if (kind !== S_IFCHR && kind !== S_IFBLK) {
    let names: string[];
    try {
      names = readdirSync(path);
    } catch {
      throw new RuntimeError('INVALID', `${source} is not a valid device`);
    }
    return names.flatMap((name) => devicesBelow(`${path}/${name}`, `${destination}/${name}`, access));
  }
  const type = kind === S_IFCHR ? 'c' : 'b';
  const numbers = { major: status.rdevMajor, minor: status.rdevMinor };
  return [
    {
      source: path,
      device: { path: destination, type, ...numbers, fileMode: status.mode & 0o777, uid: status.uid, gid: status.gid },
      rule: { allow: true, type, ...numbers, access },
    },
  ];
}

/** Things in a directory that are neither devices nor directories are passed over, and so are links. */
function devicesBelow(source: string, destination: string, access: string): DeviceRequest[] {
  const kind = linux.lstat(source).mode & S_IFMT;
  return kind === S_IFCHR || kind === S_IFBLK || kind === S_IFDIR ? look(source, destination, access) : [];
}

/** `c 1:3 rwm`, `a *:* rwm`. */
export function parseDeviceRule(text: string): DeviceRule {
  const match = /^([abc]) (\d+|\*):(\d+|\*) ([rwm]{1,3})$/.exec(text);
  if (!match) throw new RuntimeError('INVALID', `invalid device cgroup rule format: '${text}'`);
  const [, type = 'a', major = '*', minor = '*', access = ''] = match;
  return {
    allow: true,
    type: type as 'a' | 'b' | 'c',
    ...(major === '*' ? {} : { major: Number(major) }),
    ...(minor === '*' ? {} : { minor: Number(minor) }),
    access,
  };
}
