import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

/** A registry in memory: enough of the distribution protocol to read and tag manifests. */
export interface RegistryServer {
  host: string;
  user: 'AWS';
  password: string;
  /** Puts an image there and returns its digest. */
  image(repository: string, tag: string, options?: ImageOptions): string;
  close(): Promise<void>;
}

export interface ImageOptions {
  architecture?: string;
  /** Makes the content, and so the digest, another. */
  content?: string;
  layerType?: string;
  /** An index instead of one image. */
  index?: boolean;
}

const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** Starts it on a free port of 127.0.0.1. */
export async function startRegistry(): Promise<RegistryServer> {
  const manifests = new Map<string, { type: string; text: string }>();
  const blobs = new Map<string, string>();
  const tags = new Map<string, Set<string>>();
  const password = 'secret';
  const login = `Basic ${Buffer.from(`AWS:${password}`).toString('base64')}`;

  const put = (repository: string, tag: string, type: string, text: string): string => {
    const digest = sha256(text);
    manifests.set(`${repository}/${digest}`, { type, text });
    manifests.set(`${repository}/${tag}`, { type, text });
    tags.set(repository, (tags.get(repository) ?? new Set()).add(tag));
    return digest;
  };
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    const manifest = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(url);
    const blob = /^\/v2\/(.+)\/blobs\/(.+)$/.exec(url);
    const list = /^\/v2\/(.+)\/tags\/list$/.exec(url);
    const send = (status: number, type: string, text: string) =>
      response.writeHead(status, { 'content-type': type }).end(text);
    if (request.headers.authorization !== login) return send(401, 'application/json', '{}');
    if (request.method === 'PUT' && manifest?.[1] && manifest[2]) {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        put(
          manifest[1] ?? '',
          manifest[2] ?? '',
          request.headers['content-type'] ?? '',
          Buffer.concat(chunks).toString(),
        );
        send(201, 'text/plain', '');
      });
      return;
    }
    if (url.startsWith('/v2/_catalog'))
      return send(200, 'application/json', JSON.stringify({ repositories: [...tags.keys()] }));
    const found = manifest ? manifests.get(`${manifest[1]}/${manifest[2]}`) : undefined;
    if (found) return send(200, found.type, found.text);
    if (blob?.[2] && blobs.has(blob[2]))
      return send(200, 'application/octet-stream', blobs.get(blob[2]) ?? '');
    if (list?.[1] && tags.has(list[1]))
      return send(
        200,
        'application/json',
        JSON.stringify({ name: list[1], tags: [...(tags.get(list[1]) ?? [])] }),
      );
    send(404, 'application/json', '{"errors":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    host: `localhost:${port}`,
    user: 'AWS',
    password,
    image: (repository, tag, options = {}) => {
      const config = JSON.stringify({
        architecture: options.architecture ?? 'amd64',
        os: 'linux',
        content: options.content ?? tag,
      });
      blobs.set(sha256(config), config);
      const single = {
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        config: {
          mediaType: 'application/vnd.oci.image.config.v1+json',
          digest: sha256(config),
          size: config.length,
        },
        layers: [
          {
            mediaType: options.layerType ?? 'application/vnd.oci.image.layer.v1.tar+gzip',
            digest: sha256('layer'),
            size: 1000,
          },
        ],
      };
      const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [] };
      const manifest = options.index ? index : single;
      return put(repository, tag, manifest.mediaType, JSON.stringify(manifest));
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
