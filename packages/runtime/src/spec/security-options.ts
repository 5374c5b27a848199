/** `--security-opt`, taken apart. */
import { readFileSync } from 'node:fs';
import { RuntimeError } from '../errors.ts';
import type { SecurityOptions } from './request.ts';

/** Throws RuntimeError `INVALID` for options that aren't known or not supported yet. */
export function parseSecurityOptions(texts: readonly string[]): SecurityOptions {
  const options: { -readonly [K in keyof SecurityOptions]: SecurityOptions[K] } = {};
  for (const text of texts) {
    const [name = '', value = ''] = splitOnce(text);
    switch (name) {
      case 'no-new-privileges':
        options.noNewPrivileges = value === '' || value === 'true';
        break;
      case 'seccomp':
        options.seccomp = value === 'unconfined' ? 'unconfined' : { profile: readProfile(value) };
        break;
      case 'apparmor':
        options.apparmor = value;
        break;
      case 'mask':
        options.mask = [...(options.mask ?? []), ...value.split(':').filter(Boolean)];
        break;
      case 'unmask':
        options.unmask = [...(options.unmask ?? []), ...value.split(/[:,]/).filter(Boolean)];
        break;
      case 'systempaths':
        if (value !== 'unconfined') throw new RuntimeError('INVALID', `invalid --security-opt "${text}"`);
        options.unmask = ['ALL'];
        break;
      case 'proc-opts':
        options.procOptions = value.split(',').filter(Boolean);
        break;
      case 'label':
        // Without SELinux there is nothing to label, as for upstream.
        break;
      default:
        throw new RuntimeError('INVALID', `invalid --security-opt 2: "${text}"`);
    }
  }
  return options;
}

/** `name=value`, or the older `name:value`. */
function splitOnce(text: string): [string, string | undefined] {
  const at = text.search(/[=:]/);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function readProfile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new RuntimeError('INVALID', `opening seccomp profile failed: ${(cause as Error).message}`, { cause });
  }
}
