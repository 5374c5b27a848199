import { bool, int, string } from '@lighter/cli/flags';
import { buildahCommand } from '../context.ts';
import { copyContent } from '../copy-content.ts';

export const copyFlags = {
  'add-history': bool("add an entry for this operation to the image's history"),
  chmod: string('set the access permissions of the destination content'),
  chown: string('set the user and group ownership of the destination content'),
  contextdir: string('context directory path'),
  from: string('use the specified container as source'),
  quiet: bool("don't output a digest of the newly-added/copied content", { short: 'q' }),
  timestamp: int('set timestamps on new content to seconds since the epoch', { valueName: 'seconds' }),
};

export const command = buildahCommand({
  use: 'copy [flags] CONTAINER SOURCE... [DESTINATION]',
  summary: 'Copies files into a working container and prints a digest of them.',
  flags: copyFlags,
  interspersed: false,
  run: (invocation) => copyContent('COPY', invocation),
});
