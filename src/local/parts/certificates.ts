import { readText } from './once.ts';

/** Where distributions keep the certificates that the system trusts. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * All certificates that this machine trusts, as PEM: the system's and those that SSL_CERT_FILE and
 * NODE_EXTRA_CA_CERTS name. A container needs them where the network looks into TLS.
 */
export async function trustedCertificates(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const named = [env.SSL_CERT_FILE, env.NODE_EXTRA_CA_CERTS].filter((path) => path !== undefined);
  return mergeCertificates(
    await Promise.all([...BUNDLES, ...named].map(async (path) => (await readText(path)) ?? '')),
  );
}

/** The certificates of several PEM texts, each once, in order of first appearance. */
export function mergeCertificates(texts: string[]): string {
  const found = texts.flatMap(
    (text) => text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [],
  );
  return [...new Set(found.map((text) => `${text.replaceAll('\r', '')}\n`))].join('');
}
