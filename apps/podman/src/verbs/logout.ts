import { credentialFiles, logoutFlags } from '@lighter/cli/login-flags';
import { readRegistries } from '@lighter/config/registries';
import { logout } from '@lighter/image/login/login';
import { podmanCommand } from '../context.ts';

export const command = podmanCommand({
  use: 'logout [options] [REGISTRY]',
  summary: 'Log out of a container registry',
  examples: ['podman logout quay.io', 'podman logout --all'],
  flags: logoutFlags,
  async run({ flags, args }) {
    if (args.length > 1) throw new Error('logout accepts only one registry to log out from');
    const registries = await readRegistries();
    const auth = { ...credentialFiles(flags), helpers: registries.credentialHelpers };
    if (flags.all) {
      if (args.length > 0) throw new Error('--all takes no arguments');
      const { removeAllCredentials } = await import('@lighter/config/auth-store');
      await removeAllCredentials(auth);
      process.stdout.write('Removed login credentials for all registries\n');
      return undefined;
    }
    const target = args[0] ?? registries.searchRegistries[0];
    if (target === undefined) throw new Error('no registries found in registries.conf, a registry must be provided');
    process.stdout.write(`${await logout(target, { auth })}\n`);
    return undefined;
  },
});
