import { credentialFiles, givenPassword, loginFlags } from '@lighter/cli/login-flags';
import { ask } from '@lighter/cli/prompt';
import { readRegistries } from '@lighter/config/registries';
import { loggedInUser, login, parseLoginTarget } from '@lighter/image/login/login';
import { podmanCommand } from '../context.ts';
import { userAgent } from '../version.ts';

export const command = podmanCommand({
  use: 'login [options] [REGISTRY]',
  summary: 'Log in to a container registry',
  examples: [
    'podman login quay.io',
    'podman login --username ... --password-stdin quay.io',
    'podman login --get-login quay.io',
  ],
  flags: loginFlags,
  async run({ flags, args, signal }) {
    if (args.length > 1) throw new Error('login accepts only one registry to login to');
    const registries = await readRegistries();
    const target = args[0] ?? registries.searchRegistries[0];
    if (target === undefined) throw new Error('no registries found in registries.conf, a registry must be provided');
    const say = (line: string) => process.stdout.write(`${line}\n`);
    const auth = { ...credentialFiles(flags), helpers: registries.credentialHelpers };
    if (flags['get-login']) {
      say(await loggedInUser(parseLoginTarget(target).key, auth));
      return undefined;
    }
    await login(target, {
      username: flags.username,
      password: await givenPassword(flags),
      auth,
      context: {
        userAgent,
        signal,
        ...(flags['cert-dir'] === undefined ? {} : { certificateDirectory: flags['cert-dir'] }),
        ...(flags['tls-verify'] === undefined ? {} : { tlsVerify: flags['tls-verify'] }),
      },
      verbose: flags.verbose ?? false,
      say,
      ask,
    });
    return undefined;
  },
});
