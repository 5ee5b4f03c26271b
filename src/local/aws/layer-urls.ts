import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RequestHandler, Response } from 'express';
import type { Registry } from './registry.ts';

const PATH = '/ecr-layers/';
/** As the URLs that ECR gives. */
const VALID_SECONDS = 3600;

/**
 * URLs from which a layer can be had without a signature in the headers, for an hour: ECR gives such URLs of S3.
 * They end with this process, as S3's end with the credentials that signed them.
 */
export class LayerUrls {
  /** `http://127.0.0.1:PORT`, known once the server listens. */
  endpoint = '';
  readonly #key = randomBytes(32);
  readonly #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** A URL for the blob of a repository. */
  sign(repository: string, digest: string): string {
    const url = new URL(`${PATH}${repository}/${digest}`, this.endpoint);
    url.searchParams.set('X-Amz-Expires', String(VALID_SECONDS));
    url.searchParams.set('X-Amz-Date', String(Math.floor(this.#now() / 1000)));
    url.searchParams.set('X-Amz-Signature', this.#signature(url));
    return url.href;
  }

  /** What a URL gives access to, or why it gives none. */
  open(url: URL): { repository: string; digest: string } | 'expired' | 'forged' {
    const given = Buffer.from(url.searchParams.get('X-Amz-Signature') ?? '');
    const expected = Buffer.from(this.#signature(url));
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'forged';
    const age = this.#now() / 1000 - Number(url.searchParams.get('X-Amz-Date'));
    if (age > Number(url.searchParams.get('X-Amz-Expires'))) return 'expired';
    const slash = url.pathname.lastIndexOf('/');
    return { repository: url.pathname.slice(PATH.length, slash), digest: url.pathname.slice(slash + 1) };
  }

  #signature({ pathname, searchParams }: URL): string {
    const signed = [pathname, searchParams.get('X-Amz-Date'), searchParams.get('X-Amz-Expires')].join('\n');
    return createHmac('sha256', this.#key).update(signed).digest('hex');
  }
}

/** Serves these URLs; its errors are S3's. */
export function layerDownloads(urls: LayerUrls, registry: Registry): RequestHandler {
  return async (request, response, next) => {
    if (request.method !== 'GET' || !request.path.startsWith(PATH)) return next();
    const layer = urls.open(new URL(request.originalUrl, urls.endpoint));
    if (layer === 'expired') return refuse(response, 403, 'AccessDenied', 'Request has expired');
    if (layer === 'forged')
      return refuse(
        response,
        403,
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match the signature you provided.',
      );
    const blob = await registry.download(layer.repository, layer.digest);
    if (!blob?.body) return refuse(response, 404, 'NoSuchKey', 'The specified key does not exist.');
    const length = blob.headers.get('content-length');
    if (length) response.set('content-length', length);
    response.type('application/octet-stream');
    await pipeline(Readable.fromWeb(blob.body), response);
  };
}

function refuse(response: Response, status: number, code: string, message: string): void {
  response
    .status(status)
    .type('application/xml')
    .send(
      `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
    );
}
