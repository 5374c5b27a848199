/** `--pull` with its older names. */
import type { PullPolicy } from '@lighter/image/pull';

const policies: Readonly<Record<string, PullPolicy>> = {
  missing: 'missing',
  ifmissing: 'missing',
  notpresent: 'missing',
  always: 'always',
  true: 'always',
  never: 'never',
  false: 'never',
  newer: 'newer',
  ifnewer: 'newer',
};

interface PullFlags {
  readonly pull?: string;
  readonly 'pull-always'?: boolean;
  readonly 'pull-never'?: boolean;
}

export function pullPolicy(flags: PullFlags): PullPolicy {
  const given = [flags.pull !== undefined, flags['pull-always'], flags['pull-never']].filter(Boolean).length;
  if (given > 1) throw new Error("can only set one of 'pull' or 'pull-always' or 'pull-never'");
  if (flags['pull-always']) return 'always';
  if (flags['pull-never']) return 'never';
  return policyNamed(flags.pull ?? 'missing');
}

export function policyNamed(text: string): PullPolicy {
  const policy = Object.hasOwn(policies, text) ? policies[text] : undefined;
  if (!policy) throw new Error(`unsupported pull policy ${JSON.stringify(text)}`);
  return policy;
}
