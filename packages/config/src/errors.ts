/** A configuration file that can't be read or says something that makes no sense. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code: 'CONFIG_UNREADABLE' | 'CONFIG_INVALID';
  readonly path: string;

  constructor(code: ConfigError['code'], path: string, message: string, options?: ErrorOptions) {
    super(`${path}: ${message}`, options);
    this.code = code;
    this.path = path;
  }
}
