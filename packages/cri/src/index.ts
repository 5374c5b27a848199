export type { CriContext } from './context.ts';
export { CriError, type CriErrorCode } from './errors.ts';
export { type CriServer, type ServerOptions, startServer } from './server.ts';
