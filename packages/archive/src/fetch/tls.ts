/** What Node wants to hear about a TLS connection. */
import type { ConnectionOptions } from 'node:tls';
import type { TlsOptions } from '@lighter/spec/blob';

/** The system's authorities stay trusted beside those of certs.d. */
export function connectionOptions({ ca, cert, key, insecure }: TlsOptions): ConnectionOptions {
  return {
    rejectUnauthorized: !insecure,
    ...(ca ? { ca: [...process.getBuiltinModule('node:tls').getCACertificates('default'), ...ca] } : {}),
    ...(cert ? { cert, key } : {}),
  };
}
