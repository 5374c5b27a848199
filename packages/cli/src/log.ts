/** Log lines as logrus writes them when stderr isn't a terminal: `time="…" level=warning msg="…"`. */

export const logLevels = ['panic', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof logLevels)[number];

let threshold: LogLevel = 'warn';

/** Accepts logrus's names, `warning` too. Throws for others. */
export function setLogLevel(text: string): void {
  const level = text.toLowerCase() === 'warning' ? 'warn' : (text.toLowerCase() as LogLevel);
  if (!logLevels.includes(level)) throw new Error(`not a valid logrus Level: ${JSON.stringify(text)}`);
  threshold = level;
}

export function isLogged(level: LogLevel): boolean {
  return logLevels.indexOf(level) <= logLevels.indexOf(threshold);
}

export function log(level: LogLevel, message: string): void {
  if (!isLogged(level)) return;
  const time = `${new Date().toISOString().slice(0, 19)}Z`;
  const name = level === 'warn' ? 'warning' : level;
  process.stderr.write(`time="${time}" level=${name} msg=${JSON.stringify(message)}\n`);
}
