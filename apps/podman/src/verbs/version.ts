import { string } from '@lighter/cli/flags';
import { podmanCommand } from '../context.ts';
import { ownVersion, upstreamVersion } from '../version.ts';

export const command = podmanCommand({
  use: 'version [options]',
  summary: 'Displays the Podman version information.',
  flags: { format: string('change the output format to JSON or a Go template', { short: 'f' }) },
  async run({ flags }) {
    const client = versionFacts();
    if (flags.format === 'json') process.stdout.write(`${JSON.stringify({ Client: client }, undefined, 2)}\n`);
    else if (flags.format !== undefined) {
      const { renderRows } = await import('@lighter/cli/template-rows');
      process.stdout.write(renderRows(flags.format, [{ Client: client }]));
    } else {
      const lines = [
        ['Client:', 'Podman Engine'],
        ['Version:', client.Version],
        ['API Version:', client.APIVersion],
        ['Lighter Version:', client.LighterVersion],
        ['Node Version:', client.NodeVersion],
        ['OS/Arch:', client.OsArch],
      ];
      process.stdout.write(lines.map(([name = '', value]) => `${name.padEnd(18)}${value}\n`).join(''));
    }
    return undefined;
  },
});

export function versionFacts() {
  return {
    APIVersion: upstreamVersion,
    Version: upstreamVersion,
    LighterVersion: ownVersion,
    NodeVersion: process.version,
    GitCommit: '',
    OsArch: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`,
    Os: 'linux',
  };
}
