/** What all verbs share: the program's own flags. */
import { defineCommand } from '@lighter/cli/command';
import type { FlagValues } from '@lighter/cli/flags';
import { setLogLevel } from '@lighter/cli/log';
import type { Policy } from '@lighter/config/policy';
import type { ImageContext } from '@lighter/image/types';
import type { programFlags } from './program.ts';
import { userAgent } from './version.ts';

export class SkopeoContext {
  readonly #flags: FlagValues<typeof programFlags>;

  constructor(flags: FlagValues<typeof programFlags>) {
    this.#flags = flags;
    // As logrus does where nobody says otherwise.
    setLogLevel(flags.debug ? 'debug' : 'info');
    if (flags['registries-conf'] !== undefined) process.env['CONTAINERS_REGISTRIES_CONF'] = flags['registries-conf'];
  }

  async policy(): Promise<Policy> {
    if (this.#flags['insecure-policy'])
      return { default: [{ type: 'insecureAcceptAnything' }], transports: {}, file: undefined };
    const { readPolicy } = await import('@lighter/config/policy');
    return readPolicy(this.#flags.policy === undefined ? {} : { file: this.#flags.policy });
  }

  /** Ends with the command's own time-out, where there is one. */
  signal(signal: AbortSignal): AbortSignal {
    const nanoseconds = this.#flags['command-timeout'];
    if (!nanoseconds) return signal;
    const late = new AbortController();
    setTimeout(() => late.abort(new Error('context deadline exceeded')), nanoseconds / 1e6).unref();
    return AbortSignal.any([signal, late.signal]);
  }

  imageContext(signal: AbortSignal): ImageContext {
    const { 'override-os': os, 'override-arch': architecture, 'override-variant': variant } = this.#flags;
    const { 'user-agent-prefix': prefix, 'registries.d': signatureConfiguration, tmpdir } = this.#flags;
    return {
      signal: this.signal(signal),
      userAgent: prefix ? `${prefix} ${userAgent}` : userAgent,
      ...(tmpdir === undefined ? {} : { temporaryDirectory: tmpdir }),
      ...(signatureConfiguration === undefined ? {} : { signatureConfiguration }),
      platform: {
        ...(os === undefined ? {} : { os }),
        ...(architecture === undefined ? {} : { architecture }),
        ...(variant === undefined ? {} : { variant }),
      },
    };
  }
}

export const skopeoCommand = defineCommand<SkopeoContext>();
