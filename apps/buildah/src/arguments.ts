/** Checks of arguments that many verbs share. */

/** Upstream doesn't take flags behind the first argument, and says so. */
export function refuseFlagsAfter(args: readonly string[], what: string): void {
  const flag = args.slice(1).find((argument) => argument.startsWith('-') && argument.length > 1);
  if (flag !== undefined) throw new Error(`no options (${flag}) can be specified after the ${what} name`);
}

/** The one container that a verb is about. */
export function oneContainer(args: readonly string[]): string {
  const [name] = args;
  if (name === undefined || name === '') throw new Error('container ID must be specified');
  return name;
}
