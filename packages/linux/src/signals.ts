/** Signal names and numbers of Linux, real-time ones too. */

const names =
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'.split(
    ' ',
  );
const aliases: Readonly<Record<string, string>> = { IOT: 'ABRT', CLD: 'CHLD', POLL: 'IO' };
/** As glibc counts: the first two real-time signals are its own. */
const RTMIN = 34;
const RTMAX = 64;

/**
 * Number of a signal given as `TERM`, `SIGTERM`, `sigterm`, `15`, `RTMIN+3` or `SIGRTMAX-1`; undefined for anything
 * else.
 */
export function signalNumber(text: string): number | undefined {
  if (/^\d{1,2}$/.test(text)) {
    const number = Number(text);
    return number >= 1 && number <= RTMAX ? number : undefined;
  }
  const name = text.toUpperCase().replace(/^SIG/, '');
  const realTime = /^RT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(name);
  if (realTime) {
    const offset = Number(realTime[3] ?? 0) * (realTime[2] === '-' ? -1 : 1);
    const number = (realTime[1] === 'MIN' ? RTMIN : RTMAX) + offset;
    return number >= RTMIN && number <= RTMAX ? number : undefined;
  }
  const index = names.indexOf(aliases[name] ?? name);
  return index < 0 ? undefined : index + 1;
}

/** `SIGTERM` of 15, `SIGRTMIN+3` of 37. */
export function signalName(number: number): string {
  const name = names[number - 1];
  if (name) return `SIG${name}`;
  return number === RTMIN ? 'SIGRTMIN' : `SIGRTMIN+${number - RTMIN}`;
}
