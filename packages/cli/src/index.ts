export {
  ArgumentsError,
  type ArgumentsRule,
  exactArguments,
  maximumArguments,
  minimumArguments,
  noArguments,
  rangeOfArguments,
} from './arguments.ts';
export { type Command, defineCommand, type Invocation, type Verb, type VerbGroup, type VerbTable } from './command.ts';
export { formatDuration } from './duration.ts';
export * from './flags.ts';
export { goQuote } from './go-quote.ts';
export { compileTemplate, renderTemplate, TemplateError } from './go-template.ts';
export { helpText } from './help.ts';
export { isLogged, type LogFields, type LogLevel, log, setLogLevel } from './log.ts';
export { ExitStatus, Interrupted, NotBuilt, type Program, type ProgramStyle, runProgram } from './program.ts';
export { alignTable } from './table.ts';
export { type RowOptions, renderRows } from './template-rows.ts';
export { humanDuration, humanSize, shortest } from './units.ts';
