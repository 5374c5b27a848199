export { type Command, defineCommand, type Invocation, type Verb } from './command.ts';
export * from './flags.ts';
export { compileTemplate, renderTemplate, TemplateError } from './go-template.ts';
export { commandHelp, programHelp } from './help.ts';
export { isLogged, type LogLevel, log, setLogLevel } from './log.ts';
export { ExitStatus, Interrupted, type Program, runProgram } from './program.ts';
export { alignTable } from './table.ts';
export { type RowOptions, renderRows } from './template-rows.ts';
export { humanDuration, humanSize, shortest } from './units.ts';
