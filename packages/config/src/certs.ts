/** certs.d: authorities and client certificates for one registry. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { TlsOptions } from '@lighter/spec/blob';
import { ConfigError } from './errors.ts';

export interface CertificateOptions {
  /** `--cert-dir`. */
  readonly directory?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

/** What the connection to `host[:port]` needs. `*.crt` are authorities, `NAME.cert` goes with `NAME.key`. */
export function certificatesFor(host: string, { directory, env = process.env }: CertificateOptions = {}): TlsOptions {
  const folder = directory ?? defaultFolder(host, env);
  if (folder === undefined) return {};
  if (directory !== undefined && !existsSync(directory))
    throw new ConfigError('CONFIG_UNREADABLE', directory, 'no such directory');
  const names = readdirSync(folder).sort();
  const ca = names.filter((name) => name.endsWith('.crt')).map((name) => readFileSync(`${folder}/${name}`, 'utf8'));
  const cert = names.find((name) => name.endsWith('.cert'));
  const orphan = names.find((name) => name.endsWith('.key') && !names.includes(name.replace(/\.key$/, '.cert')));
  if (orphan)
    throw new ConfigError(
      'CONFIG_INVALID',
      folder,
      `missing client certificate ${orphan.replace(/\.key$/, '.cert')} for key ${orphan}`,
    );
  if (cert === undefined) return ca.length > 0 ? { ca } : {};
  const key = cert.replace(/\.cert$/, '.key');
  if (!names.includes(key)) {
    throw new ConfigError(
      'CONFIG_INVALID',
      folder,
      `missing key ${key} for client certificate ${cert}. Note that CA certificates should use the extension .crt`,
    );
  }
  return {
    ...(ca.length > 0 ? { ca } : {}),
    cert: readFileSync(`${folder}/${cert}`, 'utf8'),
    key: readFileSync(`${folder}/${key}`, 'utf8'),
  };
}

function defaultFolder(host: string, env: NodeJS.ProcessEnv): string | undefined {
  const user = `${env['XDG_CONFIG_HOME'] || `${env['HOME'] ?? ''}/.config`}/containers`;
  const bases = [`${user}/certs.d`, '/etc/containers/certs.d', '/usr/share/containers/certs.d', '/etc/docker/certs.d'];
  return bases.map((base) => `${base}/${host}`).find((folder) => existsSync(folder));
}
