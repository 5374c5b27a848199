/** Flags of upstream that need parts which aren't there yet. They are known, so that using one says what is the matter. */
import type { FlagKind, FlagSet } from '@lighter/cli/flags';

/** Hidden, and without an argument of their own: whatever follows doesn't matter once the flag is refused. */
export function laterFlags<Name extends string>(names: readonly Name[]): Record<Name, FlagKind<string>> {
  const kind: FlagKind<string> = {
    description: 'not built yet',
    valueName: '',
    implied: 'true',
    hidden: true,
    add: (text) => text,
  };
  return Object.fromEntries(names.map((name) => [name, kind])) as Record<Name, FlagKind<string>>;
}

/** Throws for the first of the flags that was given. */
export function refuseLater(flags: Readonly<Record<string, unknown>>, set: FlagSet): void {
  const used = Object.keys(set).find((name) => flags[name] !== undefined);
  if (used !== undefined) throw new Error(`--${used} is not built yet in this release`);
}
