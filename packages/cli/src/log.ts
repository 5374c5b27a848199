/**
 * Log lines as logrus writes them: `time="…" level=warning msg="…"`, and `WARN[0000] …` where stderr is a terminal.
 */
import { goQuote, isPlainWord } from './go-quote.ts';

export const logLevels = ['panic', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Values beside the message: `level=info msg=Copying from=… to=…`. */
export type LogFields = Readonly<Record<string, string | number | boolean>>;

let threshold: LogLevel = 'warn';

/** Accepts logrus's names, `warning` too. Throws for others. */
export function setLogLevel(text: string): void {
  const level = text.toLowerCase() === 'warning' ? 'warn' : (text.toLowerCase() as LogLevel);
  if (!logLevels.includes(level)) throw new Error(`not a valid logrus Level: ${goQuote(text)}`);
  threshold = level;
}

export function isLogged(level: LogLevel): boolean {
  return logLevels.indexOf(level) <= logLevels.indexOf(threshold);
}

export function log(level: LogLevel, message: string, fields: LogFields = {}): void {
  if (!isLogged(level)) return;
  const { stderr } = process;
  stderr.write(stderr.isTTY ? terminalLine(level, message, fields) : plainLine(level, message, fields));
}

/** For pipes and files. */
export function plainLine(level: LogLevel, message: string, fields: LogFields, now: Date = new Date()): string {
  const pairs = { time: rfc3339(now), level: level === 'warn' ? 'warning' : level, msg: message, ...sorted(fields) };
  return `${Object.entries(pairs).map(pair).join(' ')}\n`;
}

/** For people: the level in colour and the seconds since the start. */
export function terminalLine(level: LogLevel, message: string, fields: LogFields): string {
  const colour = { panic: 31, fatal: 31, error: 31, warn: 33, info: 36, debug: 37, trace: 37 }[level];
  const shown = `\x1b[${colour}m${level.slice(0, 4).toUpperCase()}\x1b[0m`;
  const seconds = String(Math.floor(process.uptime())).padStart(4, '0');
  const rest = Object.entries(sorted(fields)).map(([key, value]) => ` \x1b[${colour}m${key}\x1b[0m=${quoted(value)}`);
  return `${shown}[${seconds}] ${message.padEnd(44)} ${rest.join('')}\n`;
}

function sorted(fields: LogFields): LogFields {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function pair([key, value]: readonly [string, string | number | boolean]): string {
  return `${key}=${quoted(value)}`;
}

function quoted(value: string | number | boolean): string {
  return isPlainWord(String(value)) ? String(value) : goQuote(String(value));
}

/** In the local time zone, without fractions. */
function rfc3339(date: Date): string {
  const offset = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 19);
  if (offset === 0) return `${local}Z`;
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
}
