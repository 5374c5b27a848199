import { bool } from '@lighter/cli/flags';
import { hostPlatform } from '@lighter/spec/platform';
import { buildahCommand } from '../context.ts';
import { printJson } from '../json.ts';
import { imageSpecVersion, ownVersion, runtimeSpecVersion, upstreamVersion } from '../version.ts';

export const command = buildahCommand({
  use: 'version [flags]',
  summary: 'Prints versions.',
  flags: { json: bool('output in JSON format') },
  async run({ flags }) {
    const { os, architecture } = hostPlatform();
    const lines: [heading: string, key: string, value: string][] = [
      ['Version:', 'version', upstreamVersion],
      ['Lighter Version:', 'lighterVersion', ownVersion],
      ['Node Version:', 'nodeVersion', process.versions.node],
      ['Image Spec:', 'imageSpec', imageSpecVersion],
      ['Runtime Spec:', 'runtimeSpec', runtimeSpecVersion],
      ['OS/Arch:', 'osArch', `${os}/${architecture}`],
    ];
    if (flags.json) printJson(Object.fromEntries(lines.map(([, key, value]) => [key, value])));
    else for (const [heading, , value] of lines) process.stdout.write(`${heading.padEnd(17)}${value}\n`);
  },
});
