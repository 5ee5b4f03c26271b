import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/** PEM texts of one authority, a server at 127.0.0.1 and a client. */
export interface MutualTls {
  authority: string;
  server: { certificate: string; key: string };
  client: { certificate: string; key: string };
}

/** Makes certificates that last a day. */
export async function mutualTls(): Promise<MutualTls> {
  const notAfterDate = new Date(Date.now() + 86_400_000);
  const authority = await generate([{ name: 'commonName', value: 'test authority' }], {
    notAfterDate,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  });
  const signed = async (name: string, usage: object) => {
    const made = await generate([{ name: 'commonName', value: name }], {
      notAfterDate,
      ca: { key: authority.private, cert: authority.cert },
      extensions: [
        { name: 'basicConstraints', cA: false },
        { name: 'extKeyUsage', ...usage },
        { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
      ],
    });
    return { certificate: made.cert, key: made.private };
  };
  return {
    authority: authority.cert,
    server: await signed('server', { serverAuth: true }),
    client: await signed('client', { clientAuth: true }),
  };
}

/** Writes the server's side into a folder. */
export async function writeServerFiles(
  tls: MutualTls,
  folder: string,
): Promise<{ authority: string; certificate: string; key: string }> {
  await mkdir(folder, { recursive: true });
  const paths = {
    authority: join(folder, 'ca.pem'),
    certificate: join(folder, 'cert.pem'),
    key: join(folder, 'key.pem'),
  };
  await Promise.all([
    writeFile(paths.authority, tls.authority),
    writeFile(paths.certificate, tls.server.certificate),
    writeFile(paths.key, tls.server.key, { mode: 0o600 }),
  ]);
  return paths;
}
