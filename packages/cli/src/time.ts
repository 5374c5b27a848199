/** Times of `--since` and `--until`. */
import { parseDuration } from './flags.ts';

/**
 * RFC 3339 in full or in part, seconds since 1970 with a fraction, or a duration: so long ago, or so long from now.
 * Throws for anything else.
 */
export function parseTime(text: string, duration: 'before' | 'after'): Date {
  if (/^\d+(?:\.\d{1,9})?$/.test(text)) return new Date(Number(text) * 1000);
  if (/^\d{4}-\d\d-\d\d/.test(text)) {
    // A date alone is midnight here, not in Greenwich.
    const time = new Date(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00` : text);
    if (!Number.isNaN(time.getTime())) return time;
  }
  try {
    const milliseconds = parseDuration(text) / 1e6;
    return new Date(Date.now() + (duration === 'before' ? -milliseconds : milliseconds));
  } catch {
    throw new Error(
      `failed to parse time ${JSON.stringify(text)}: a date (RFC 3339), seconds since 1970 or a duration like 10m is wanted`,
    );
  }
}
