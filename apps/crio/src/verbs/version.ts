import { existsSync, readFileSync } from 'node:fs';
import { noArguments } from '@lighter/cli/arguments';
import { bool } from '@lighter/cli/flags';
import { crioCommand } from '../program.ts';
import { ownVersion, upstreamVersion } from '../version.ts';

export const command = crioCommand({
  use: 'version [flags]',
  summary: 'Display detailed version information',
  examples: ['crio version --json'],
  flags: {
    json: bool('print JSON instead of text', { short: 'j' }),
    verbose: bool('print verbose information', { short: 'v' }),
  },
  arguments: noArguments,
  async run({ flags }) {
    const facts: Record<string, string | boolean> = {
      Version: upstreamVersion,
      LighterVersion: ownVersion,
      NodeVersion: process.version,
      Platform: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`,
      SeccompEnabled: existsSync('/proc/sys/kernel/seccomp/actions_avail'),
      AppArmorEnabled: appArmorEnabled(),
      ...(flags.verbose ? { OpenSSLVersion: process.versions.openssl, V8Version: process.versions.v8 } : {}),
    };
    process.stdout.write(flags.json ? asJson(facts) : asText(facts));
  },
});

function asJson(facts: Readonly<Record<string, string | boolean>>): string {
  const entries = Object.entries(facts).map(([key, value]) => [`${key[0]?.toLowerCase()}${key.slice(1)}`, value]);
  return `${JSON.stringify(Object.fromEntries(entries), undefined, 2)}\n`;
}

function asText(facts: Readonly<Record<string, string | boolean>>): string {
  return Object.entries(facts)
    .map(([key, value]) => `${`${key}:`.padEnd(18)}${value}\n`)
    .join('');
}

function appArmorEnabled(): boolean {
  const path = '/sys/module/apparmor/parameters/enabled';
  return existsSync(path) && readFileSync(path, 'utf8').startsWith('Y');
}
