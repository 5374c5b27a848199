/** Declaring flags and parsing them. */
export { parseDuration } from './duration.ts';
export {
  bool,
  choice,
  duration,
  type FlagKind,
  type FlagOptions,
  float,
  int,
  string,
  stringList,
  strings,
  uint,
} from './flag-kinds.ts';
export { FlagError, type FlagSet, type FlagValues, HelpWanted, type ParsedFlags, parseFlags } from './flag-parser.ts';
