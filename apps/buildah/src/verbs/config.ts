import { openBuilder } from '@lighter/build/open-builder';
import { bool, duration, int, string, stringList, strings } from '@lighter/cli/flags';
import { log } from '@lighter/cli/log';
import { oneContainer, refuseFlagsAfter } from '../arguments.ts';
import { buildahCommand } from '../context.ts';
import { definedOnly } from '../defined.ts';

const flags = {
  'add-history': bool("add an entry for this operation to the image's history"),
  annotation: strings('add annotation e.g. annotation=value, for the target image', { short: 'a' }),
  arch: string('set `architecture` of the target image'),
  author: string('set image author contact information'),
  cmd: string('set the default `command` to run for containers based on the image'),
  comment: string('set a `comment` in the target image'),
  'created-by': string('set `description` of how the image was created'),
  domainname: string('set a domain `name` for containers based on image'),
  entrypoint: string('set `entry point` for containers based on image'),
  env: strings('add environment variable to be set when running containers based on image', { short: 'e' }),
  healthcheck: string('set a healthcheck `command` for the target image'),
  'healthcheck-interval': duration('set the `interval` between runs of the healthcheck command'),
  'healthcheck-retries': int('set the `number` of times the healthcheck command has to fail'),
  'healthcheck-start-interval': duration('set the `interval` between checks while the container starts'),
  'healthcheck-start-period': duration('set the amount of `time` to wait after starting a container'),
  'healthcheck-timeout': duration('set the maximum amount of `time` to wait for a healthcheck command'),
  'history-comment': string('set a `comment` for the history of the target image'),
  hostname: string('set a host`name` for containers based on image'),
  label: strings('add image configuration label e.g. label=value', { short: 'l' }),
  onbuild: stringList('add onbuild command to be run on images based on this image'),
  os: string('set `operating system` of the target image'),
  'os-feature': strings('set required OS `feature` for the target image'),
  'os-version': string('set required OS `version` for the target image'),
  port: stringList('add `port` to expose when running containers based on image', { short: 'p' }),
  shell: string('add `shell` to run in containers'),
  'stop-signal': string('set `stop signal` for containers based on image'),
  unsetannotation: strings('remove image configuration annotation'),
  unsetlabel: strings('remove image configuration label'),
  user: string('set default `user` to run inside containers based on image', { short: 'u' }),
  variant: string('set architecture `variant` of the target image'),
  volume: stringList('add default `volume` path to be created for containers based on image', { short: 'v' }),
  workingdir: string('set working `directory` for containers based on image'),
};

export const command = buildahCommand({
  use: 'config [flags] CONTAINER',
  summary: 'Changes the configuration of the image that a working container will become.',
  flags,
  interspersed: false,
  async run({ flags, args, context }) {
    refuseFlagsAfter(args, 'container');
    const name = oneContainer(args);
    if (args.length > 1) throw new Error('too many arguments specified');
    const builder = await openBuilder(await context.store(), name, { adopt: true });
    builder.configure(
      definedOnly({
        author: flags.author,
        createdBy: flags['created-by'],
        historyComment: flags['history-comment'],
        architecture: flags.arch,
        variant: flags.variant,
        os: flags.os,
        osVersion: flags['os-version'],
        osFeatures: flags['os-feature'],
        user: flags.user,
        shell: flags.shell,
        stopSignal: flags['stop-signal'],
        ports: flags.port,
        env: flags.env,
        entrypoint: flags.entrypoint,
        cmd: flags.cmd,
        volumes: flags.volume,
        healthcheck: flags.healthcheck,
        healthcheckInterval: flags['healthcheck-interval'],
        healthcheckTimeout: flags['healthcheck-timeout'],
        healthcheckStartPeriod: flags['healthcheck-start-period'],
        healthcheckStartInterval: flags['healthcheck-start-interval'],
        healthcheckRetries: flags['healthcheck-retries'],
        labels: flags.label,
        unsetLabels: flags.unsetlabel,
        annotations: flags.annotation,
        unsetAnnotations: flags.unsetannotation,
        workingDirectory: flags.workingdir,
        comment: flags.comment,
        domainname: flags.domainname,
        hostname: flags.hostname,
        onBuild: flags.onbuild,
        addHistory: flags['add-history'] ?? ['1', 'true'].includes(process.env['BUILDAH_HISTORY'] ?? ''),
      }),
      {
        environment: process.env,
        now: new Date(),
        warn: (message) => log('warn', message),
        error: (message) => log('error', message),
      },
    );
  },
});
