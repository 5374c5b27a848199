/** The distribution's docker-registry on loopback: plain, with basic authentication, or with TLS. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { must, peer } from './command.ts';
import { scratch } from './scratch.ts';

export interface RegistryOptions {
  /** Ask for this user and password (bcrypt by htpasswd). */
  readonly basic?: { readonly username: string; readonly password: string };
  /** Serve HTTPS with a certificate of an authority made for this registry. */
  readonly tls?: boolean;
  /** Refuse clients without a certificate of the same authority. */
  readonly clientCertificates?: boolean;
  /** Send clients to this token server. */
  readonly token?: {
    readonly realm: string;
    readonly service: string;
    readonly issuer: string;
    readonly certificate: string;
  };
}

export interface Registry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** PEM file of the authority, when TLS is on. */
  readonly authority?: string;
  /** Client certificate and key files, when client certificates are on. */
  readonly client?: { readonly certificate: string; readonly key: string };
  /** Where the registry keeps its blobs. */
  readonly storage: string;
  readonly pid: number;
}

/** Starts a registry that ends with the test. */
export async function startRegistry(
  context: Pick<TestContext, 'after'>,
  options: RegistryOptions = {},
): Promise<Registry> {
  const directory = scratch(context, 'registry');
  const storage = `${directory}/storage`;
  mkdirSync(storage);
  const authority = options.tls ? await makeCertificates(directory) : undefined;
  let auth = '';
  if (options.basic) {
    const hash = await must(peer('htpasswd'), ['-Bbn', options.basic.username, options.basic.password]);
    writeFileSync(`${directory}/htpasswd`, `${hash.trim()}\n`);
    auth = `auth:\n  htpasswd:\n    realm: test\n    path: ${directory}/htpasswd\n`;
  } else if (options.token) {
    const { realm, service, issuer, certificate } = options.token;
    auth = `auth:\n  token:\n    realm: ${realm}\n    service: ${service}\n    issuer: ${issuer}\n    rootcertbundle: ${certificate}\n`;
  }
  let tls = '';
  if (options.tls) {
    tls = `  tls:\n    certificate: ${directory}/server.crt\n    key: ${directory}/server.key\n`;
    if (options.clientCertificates) tls += `    clientcas:\n      - ${directory}/ca.crt\n`;
  }
  writeFileSync(
    `${directory}/config.yml`,
    `version: 0.1
log:
  level: info
storage:
  filesystem:
    rootdirectory: ${storage}
  delete:
    enabled: true
validation:
  manifests:
    urls:
      allow: ['^http://127\\.0\\.0\\.1:']
${auth}http:
  addr: 127.0.0.1:0
  secret: test
${tls}`,
  );
  const child = spawn(peer('docker-registry'), ['serve', `${directory}/config.yml`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  context.after(() => stop(child));
  return {
    host: `127.0.0.1:${await port(child)}`,
    storage,
    pid: child.pid ?? 0,
    ...(authority ? { authority } : {}),
    ...(options.clientCertificates
      ? { client: { certificate: `${directory}/client.crt`, key: `${directory}/client.key` } }
      : {}),
  };
}

/** The registry says in its log which port it got. */
function port(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let log = '';
    const read = (data: Buffer) => {
      log += data.toString();
      const found = /listening on 127\.0\.0\.1:(\d+)/.exec(log);
      if (found) resolve(Number(found[1]));
    };
    child.stderr?.on('data', read);
    child.stdout?.on('data', read);
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`docker-registry ended with ${code}:\n${log}`)));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const forced = setTimeout(() => child.kill('SIGKILL'), 2000);
  await ended;
  clearTimeout(forced);
}

async function makeCertificates(directory: string): Promise<string> {
  const openssl = (...args: string[]) => must(peer('openssl'), args, { cwd: directory });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-days',
    '2',
    '-subj',
    '/CN=test authority',
  );
  for (const name of ['server', 'client']) {
    writeFileSync(
      `${directory}/${name}.ext`,
      name === 'server' ? 'subjectAltName=IP:127.0.0.1,DNS:localhost\n' : 'extendedKeyUsage=clientAuth\n',
    );
    await openssl('req', '-new', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    await openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-out',
      `${name}.crt`,
      '-extfile',
      `${name}.ext`,
    );
  }
  return `${directory}/ca.crt`;
}
