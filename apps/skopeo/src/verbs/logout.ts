import { credentialFiles, logoutFlags } from '@lighter/cli/login-flags';
import { readRegistries } from '@lighter/config/registries';
import { logout } from '@lighter/image/login/login';
import { skopeoCommand } from '../context.ts';

export const command = skopeoCommand({
  use: 'logout [command options] REGISTRY',
  summary: 'Logout of a container registry',
  description: 'Logout of a container registry on a specified server.',
  examples: ['skopeo logout quay.io'],
  flags: logoutFlags,
  async run({ flags, args }) {
    const [target] = args;
    const auth = { ...credentialFiles(flags), helpers: (await readRegistries()).credentialHelpers };
    if (args.length > 1) throw new Error('logout accepts only one registry to log out from');
    if (flags.all) {
      if (target !== undefined) throw new Error('--all takes no arguments');
      const { removeAllCredentials } = await import('@lighter/config/auth-store');
      await removeAllCredentials(auth);
      process.stdout.write('Removed login credentials for all registries\n');
      return undefined;
    }
    if (target === undefined) throw new Error('please provide a registry to log out from');
    process.stdout.write(`${await logout(target, { auth })}\n`);
    return undefined;
  },
});
