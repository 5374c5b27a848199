/** The distribution's docker-registry on loopback: plain, with basic authentication, or with TLS. */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { must, peer } from './command.js';
import { scratch } from './scratch.js';
/** Starts a registry that ends with the test. */
export async function startRegistry(context, options = {}) {
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
function port(child) {
  return new Promise((resolve, reject) => {
    let log = '';
    const read = (data) => {
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
async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const forced = setTimeout(() => child.kill('SIGKILL'), 2000);
  await ended;
  clearTimeout(forced);
}
async function makeCertificates(directory) {
  const openssl = (...args) => must(peer('openssl'), args, { cwd: directory });
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
//# sourceMappingURL=registry.js.map
