import { buildahCommand } from '../context.ts';
import { copyContent } from '../copy-content.ts';
import { copyFlags } from './copy.ts';

export const command = buildahCommand({
  use: 'add [flags] CONTAINER SOURCE... [DESTINATION]',
  summary: 'Copies files into a working container and prints a digest of them. Archives and URLs are not taken yet.',
  flags: copyFlags,
  interspersed: false,
  run: (invocation) => copyContent('ADD', invocation),
});
