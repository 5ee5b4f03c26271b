import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A registry in memory for tests: push, pull, Basic sign-in, and faults on demand. */
export interface RegistryStandIn {
  /** `127.0.0.1:PORT` */
  host: string;
  /** `METHOD path`, in order. */
  calls: string[];
  blobs: Map<string, Buffer>;
  /** By `repository:reference`, tags and digests. */
  manifests: Map<string, { mediaType: string; body: Buffer }>;
  /** Answers a request itself by returning true. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  close(): Promise<void>;
}

export interface StandInOptions {
  /** `user:password` that every request must bring. */
  login?: string;
  /** Tags cannot be moved, as in an immutable ECR repository. */
  immutable?: boolean;
  /** Repositories that exist; every name where absent. */
  repositories?: string[];
}

export function digestOf(body: Buffer | string): string {
  return `sha256:${createHash('sha256').update(body).digest('hex')}`;
}

/** Starts the registry on a free port. */
export async function startRegistry(options: StandInOptions = {}): Promise<RegistryStandIn> {
  const uploads = new Map<string, Buffer[]>();
  const standIn: RegistryStandIn = {
    host: '',
    calls: [],
    blobs: new Map(),
    manifests: new Map(),
    intercept: undefined,
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
    standIn.calls.push(`${request.method} ${url.pathname}`);
    if (standIn.intercept?.(request, response)) return;
    if (options.login) {
      const expected = `Basic ${Buffer.from(options.login).toString('base64')}`;
      if (request.headers.authorization !== expected) {
        response.setHeader('www-authenticate', 'Basic realm="stand-in"');
        return fail(response, 401, 'UNAUTHORIZED', 'authentication required');
      }
    }
    serve(request.method ?? '', url, request, Buffer.concat(chunks), response);
  });

  function serve(method: string, url: URL, request: IncomingMessage, body: Buffer, response: ServerResponse) {
    if (url.pathname === '/v2/') return reply(response, 200);
    const [, repository = '', kind = '', reference = ''] =
      /^\/v2\/(.+)\/(manifests|blobs\/uploads|blobs)\/?(.*)$/.exec(url.pathname) ?? [];
    if (!kind || (options.repositories && !options.repositories.includes(repository)))
      return fail(response, 404, 'NAME_UNKNOWN', `The repository with name '${repository}' does not exist`);
    if (kind === 'manifests') return manifests(method, repository, reference, request, body, response);
    if (kind === 'blobs') return blob(reference, response);
    return upload(method, repository, reference, url, body, response);
  }

  function manifests(
    method: string,
    repository: string,
    reference: string,
    request: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
  ) {
    const key = `${repository}:${reference}`;
    if (method !== 'PUT') {
      const found = standIn.manifests.get(key);
      if (!found) return fail(response, 404, 'MANIFEST_UNKNOWN', 'Requested image not found');
      response.setHeader('docker-content-digest', digestOf(found.body));
      return reply(response, 200, found.body, found.mediaType);
    }
    const digest = digestOf(body);
    const old = standIn.manifests.get(key);
    if (options.immutable && old && !reference.startsWith('sha256:'))
      return fail(
        response,
        400,
        'TAG_INVALID',
        `The image tag '${reference}' already exists in the '${repository}' repository and cannot be overwritten because the tag is immutable.`,
      );
    const manifest = { mediaType: request.headers['content-type'] ?? '', body };
    standIn.manifests.set(key, manifest);
    standIn.manifests.set(`${repository}:${digest}`, manifest);
    response.setHeader('docker-content-digest', digest);
    return reply(response, 201);
  }

  function blob(digest: string, response: ServerResponse) {
    const body = standIn.blobs.get(digest);
    if (!body) return fail(response, 404, 'BLOB_UNKNOWN', 'blob unknown');
    response.setHeader('docker-content-digest', digest);
    return reply(response, 200, body, 'application/octet-stream');
  }

  function upload(
    method: string,
    repository: string,
    id: string,
    url: URL,
    body: Buffer,
    response: ServerResponse,
  ) {
    const upload = method === 'POST' ? randomUUID() : id;
    const parts = uploads.get(upload) ?? [];
    parts.push(body);
    uploads.set(upload, parts);
    response.setHeader('location', `/v2/${repository}/blobs/uploads/${upload}`);
    if (method !== 'PUT') return reply(response, 202);
    const digest = url.searchParams.get('digest') ?? '';
    standIn.blobs.set(digest, Buffer.concat(parts));
    response.setHeader('docker-content-digest', digest);
    return reply(response, 201);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  standIn.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return standIn;
}

function reply(response: ServerResponse, status: number, body?: Buffer, type?: string) {
  response.statusCode = status;
  if (type) response.setHeader('content-type', type);
  response.setHeader('content-length', body?.length ?? 0);
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

function fail(response: ServerResponse, status: number, code: string, message: string) {
  reply(response, status, Buffer.from(JSON.stringify({ errors: [{ code, message }] })), 'application/json');
}
