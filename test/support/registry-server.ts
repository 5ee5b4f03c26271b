import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { digestOf, type ImageOptions, type StoredManifest, testImage } from './registry-images.ts';

/** A registry in memory: pull, push, Basic sign-in as AWS, ECR's refusals, and faults on demand. */
export interface RegistryServer {
  /** `localhost:PORT` */
  host: string;
  user: 'AWS';
  password: string;
  /** `METHOD path`, in order. */
  calls: string[];
  blobs: Map<string, Buffer>;
  /** By `repository:reference`, tags and digests. */
  manifests: Map<string, StoredManifest>;
  /** Answers a request itself by returning true. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  /** Puts an image there and returns its digest. */
  image(repository: string, tag: string, options?: ImageOptions): string;
  close(): Promise<void>;
}

export interface RegistryOptions {
  /** `secret` where absent. */
  password?: string;
  /** Nobody needs to sign in. */
  anonymous?: boolean;
  /** Tags cannot be moved, as in an immutable ECR repository. */
  immutable?: boolean;
  /** Repositories that exist; every name where absent. */
  repositories?: string[];
}

/** Answers with the error body of the distribution protocol. */
export function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  reply(response, status, Buffer.from(JSON.stringify({ errors: [{ code, message }] })), 'application/json');
}

/** Starts it on a free port of 127.0.0.1. */
export async function startRegistry(options: RegistryOptions = {}): Promise<RegistryServer> {
  const content = { manifests: new Map<string, StoredManifest>(), blobs: new Map<string, Buffer>() };
  const serve = protocol(content, options);
  const password = options.password ?? 'secret';
  const login = `Basic ${Buffer.from(`AWS:${password}`).toString('base64')}`;
  const registry: RegistryServer = {
    ...content,
    host: '',
    user: 'AWS',
    password,
    calls: [],
    intercept: undefined,
    image(repository, tag, image = {}) {
      const { manifest, config, digest } = testImage(tag, image);
      content.blobs.set(digestOf(config), config);
      for (const reference of [tag, digest]) content.manifests.set(`${repository}:${reference}`, manifest);
      return digest;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '/', 'http://registry');
    registry.calls.push(`${request.method} ${url.pathname}`);
    if (registry.intercept?.(request, response)) return;
    if (!options.anonymous && request.headers.authorization !== login) {
      response.setHeader('www-authenticate', 'Basic realm="registry"');
      return refuse(response, 401, 'UNAUTHORIZED', 'authentication required');
    }
    serve({ request, response, url, body: Buffer.concat(chunks) });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  registry.host = `localhost:${(server.address() as AddressInfo).port}`;
  return registry;
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  body: Buffer;
}

/**
 * The protocol on top of two maps. Source: github.com/opencontainers/distribution-spec, spec.md; the texts of ECR's
 * refusals are those that it answers to `docker push`.
 */
function protocol(
  { manifests, blobs }: { manifests: Map<string, StoredManifest>; blobs: Map<string, Buffer> },
  options: RegistryOptions,
) {
  const uploads = new Map<string, Buffer[]>();
  const tagsOf = (repository: string): string[] =>
    [...manifests.keys()].flatMap((key) => {
      const tag = key.slice(repository.length + 1);
      return key.startsWith(`${repository}:`) && !tag.startsWith('sha256:') ? [tag] : [];
    });

  function manifest({ request, response, body }: Exchange, repository: string, reference: string) {
    const key = `${repository}:${reference}`;
    const old = manifests.get(key);
    if (request.method !== 'PUT') {
      if (!old) return refuse(response, 404, 'MANIFEST_UNKNOWN', 'Requested image not found');
      response.setHeader('docker-content-digest', digestOf(old.body));
      return reply(response, 200, old.body, old.mediaType);
    }
    if (options.immutable && old && !reference.startsWith('sha256:'))
      return refuse(
        response,
        400,
        'TAG_INVALID',
        `The image tag '${reference}' already exists in the '${repository}' repository and cannot be overwritten because the tag is immutable.`,
      );
    const stored = { mediaType: request.headers['content-type'] ?? '', body };
    for (const name of [reference, digestOf(body)]) manifests.set(`${repository}:${name}`, stored);
    response.setHeader('docker-content-digest', digestOf(body));
    return reply(response, 201);
  }

  function upload({ request, response, url, body }: Exchange, repository: string, given: string) {
    const id = request.method === 'POST' ? randomUUID() : given;
    const parts = [...(uploads.get(id) ?? []), body];
    uploads.set(id, parts);
    response.setHeader('location', `/v2/${repository}/blobs/uploads/${id}`);
    if (request.method !== 'PUT') return reply(response, 202);
    const digest = url.searchParams.get('digest') ?? '';
    blobs.set(digest, Buffer.concat(parts));
    response.setHeader('docker-content-digest', digest);
    return reply(response, 201);
  }

  function blob({ response }: Exchange, digest: string) {
    const body = blobs.get(digest);
    if (!body) return refuse(response, 404, 'BLOB_UNKNOWN', 'blob unknown');
    response.setHeader('docker-content-digest', digest);
    return reply(response, 200, body, 'application/octet-stream');
  }

  return (exchange: Exchange) => {
    const { response, url } = exchange;
    if (url.pathname === '/v2/') return reply(response, 200);
    if (url.pathname === '/v2/_catalog') {
      const names = [...manifests.keys()].map((key) => key.slice(0, key.indexOf(':')));
      return replyJson(response, { repositories: [...new Set(names)] });
    }
    const [, repository = '', kind = '', rest = ''] =
      /^\/v2\/(.+)\/(manifests|blobs\/uploads|blobs|tags)\/?(.*)$/.exec(url.pathname) ?? [];
    if (!kind || (options.repositories && !options.repositories.includes(repository)))
      return refuse(
        response,
        404,
        'NAME_UNKNOWN',
        `The repository with name '${repository}' does not exist in the registry with id '000000000000'`,
      );
    if (kind === 'manifests') return manifest(exchange, repository, rest);
    if (kind === 'blobs') return blob(exchange, rest);
    if (kind === 'blobs/uploads') return upload(exchange, repository, rest);
    const tags = tagsOf(repository);
    if (tags.length === 0) return refuse(response, 404, 'NAME_UNKNOWN', 'repository name not known');
    return replyJson(response, { name: repository, tags });
  };
}

function replyJson(response: ServerResponse, value: object): void {
  reply(response, 200, Buffer.from(JSON.stringify(value)), 'application/json');
}

function reply(response: ServerResponse, status: number, body?: Buffer, type?: string): void {
  response.statusCode = status;
  if (type) response.setHeader('content-type', type);
  response.setHeader('content-length', body?.length ?? 0);
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
