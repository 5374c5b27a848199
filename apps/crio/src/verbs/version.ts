import { bool } from '@lighter/cli/flags';
import { crioCommand } from '../program.ts';
import { ownVersion, upstreamVersion } from '../version.ts';

export const command = crioCommand({
  use: 'version [command options]',
  summary: 'Display detailed version information',
  examples: ['crio version --json'],
  flags: {
    json: bool('print JSON instead of text', { short: 'j' }),
    verbose: bool('print verbose information', { short: 'v' }),
  },
  run({ flags }) {
    const facts: Record<string, string> = {
      Version: upstreamVersion,
      LighterVersion: ownVersion,
      NodeVersion: process.version,
      Platform: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`,
      ...(flags.verbose ? { OpenSSLVersion: process.versions.openssl } : {}),
    };
    if (flags.json) {
      const json = Object.fromEntries(
        Object.entries(facts).map(([key, value]) => [`${key[0]?.toLowerCase()}${key.slice(1)}`, value]),
      );
      process.stdout.write(`${JSON.stringify(json, undefined, 2)}\n`);
      return Promise.resolve();
    }
    for (const [key, value] of Object.entries(facts)) process.stdout.write(`${`${key}:`.padEnd(17)}${value}\n`);
    return Promise.resolve();
  },
});
