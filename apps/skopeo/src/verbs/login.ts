import { credentialFiles, givenPassword, loginFlags } from '@lighter/cli/login-flags';
import { ask } from '@lighter/cli/prompt';
import { readRegistries } from '@lighter/config/registries';
import { loggedInUser, login, parseLoginTarget } from '@lighter/image/login/login';
import { skopeoCommand } from '../context.ts';

export const command = skopeoCommand({
  use: 'login [command options] REGISTRY',
  summary: 'Login to a container registry',
  description: 'Login to a container registry on a specified server.',
  examples: ['skopeo login quay.io'],
  flags: loginFlags,
  async run({ flags, args, context, signal }) {
    const [target] = args;
    if (args.length > 1) throw new Error('login accepts only one registry to login to');
    if (target === undefined) throw new Error('please provide a registry to log in to');
    const say = (line: string) => process.stdout.write(`${line}\n`);
    const auth = { ...credentialFiles(flags), helpers: (await readRegistries()).credentialHelpers };
    if (flags['get-login']) {
      say(await loggedInUser(parseLoginTarget(target).key, auth));
      return undefined;
    }
    await login(target, {
      username: flags.username,
      password: await givenPassword(flags),
      auth,
      context: {
        ...context.imageContext(signal),
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
