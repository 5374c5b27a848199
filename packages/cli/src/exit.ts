/** Ends of a program that aren't plain errors. */

/** The user or the system asked the program to stop. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }
}

/** A command's own exit status with an error that was already told, or needs no words. */
export class ExitStatus extends Error {
  override readonly name = 'ExitStatus';
  readonly status: number;

  constructor(status: number) {
    super(`exit status ${status}`);
    this.status = status;
  }
}

/** A verb of upstream that isn't built yet: exit status 125 in every program. */
export class NotBuilt extends Error {
  override readonly name = 'NotBuilt';
  readonly code = 'NOT_BUILT';
  readonly exitCode = 125;

  constructor(path: string) {
    super(`${path} is not built yet in this release`);
  }
}
