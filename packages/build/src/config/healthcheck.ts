/** Docker's health check (Docker image specification 1.2, `Healthcheck`); OCI has none. */
import type { Healthcheck } from '../state/docker-image.ts';
import type { ConfigChanges } from './changes.ts';
import { shellWords } from './shell-words.ts';

const HALF_MINUTE = 30_000_000_000;

/** The check after the changes; undefined when there is none. A part given alone starts from a check that tests nothing. */
export function editHealthcheck(current: Healthcheck | undefined, changes: ConfigChanges): Healthcheck | undefined {
  let check = current ? { ...current } : undefined;
  const orNew = () => {
    check ??= { Test: ['NONE'], Interval: HALF_MINUTE, Timeout: HALF_MINUTE, Retries: 3 };
    return check;
  };
  if (changes.healthcheck !== undefined) {
    if (changes.healthcheck === '') return undefined;
    orNew().Test = shellWords(changes.healthcheck);
  }
  if (changes.healthcheckInterval !== undefined) orNew().Interval = changes.healthcheckInterval;
  if (changes.healthcheckTimeout !== undefined) orNew().Timeout = changes.healthcheckTimeout;
  if (changes.healthcheckStartPeriod !== undefined) orNew().StartPeriod = changes.healthcheckStartPeriod;
  if (changes.healthcheckStartInterval !== undefined) orNew().StartInterval = changes.healthcheckStartInterval;
  if (changes.healthcheckRetries !== undefined) orNew().Retries = changes.healthcheckRetries;
  return check;
}
