import { createHmac, randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Counters } from './counters.ts';
import type { Entries, Entry } from './entries.ts';
import { delay, type Fault, type Faults, type Operation } from './faults.ts';
import { sameText } from './token.ts';

/** Account and container of every blob; with a host that is an IP address Azure's SDK takes the first as account. */
const CONTAINER = 'actions/cache';
const URL_LASTS_MS = 3_600_000;

/** Blob answers' protocol: https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api */
export class Blobs {
  /** Uncommitted blocks: entry id to block id to bytes. */
  readonly #blocks = new Map<string, Map<string, Buffer>>();
  readonly #key = randomUUID();
  readonly #entries: Entries;
  readonly #faults: Faults;
  readonly #counters: () => Counters;

  constructor(entries: Entries, faults: Faults, counters: () => Counters) {
    this.#entries = entries;
    this.#faults = faults;
    this.#counters = counters;
  }

  /**
   * A URL with a signature that allows one thing on one blob, for an hour.
   * @param origin `http://127.0.0.1:PORT`
   * @param permission `r` to read, `cw` to create and write
   */
  signedUrl(origin: string, id: string, permission: 'r' | 'cw'): string {
    const expiry = new Date(Date.now() + URL_LASTS_MS).toISOString();
    const query = new URLSearchParams({ sv: '2025-11-05', se: expiry, sr: 'b', sp: permission });
    query.set('sig', this.#signature(id, permission, expiry));
    return `${origin}/${CONTAINER}/${id}?${query}`;
  }

  /** Put Blob, Put Block and Put Block List. */
  async put(request: Request, response: Response): Promise<void> {
    const comp = String(request.query.comp ?? '');
    const operation = comp === 'block' ? 'PutBlock' : comp === 'blocklist' ? 'PutBlockList' : 'PutBlob';
    const body = await readBody(request);
    const { entry } = await this.#admit(operation, request, response);
    if (!entry) return;
    if (operation !== 'PutBlockList') this.#counters().bytesUp += body.length;
    if (operation === 'PutBlob') {
      if (request.get('x-ms-blob-type') !== 'BlockBlob') return refuse(response, 400, 'InvalidHeaderValue');
      entry.content = body;
    } else if (operation === 'PutBlock') {
      const blocks = this.#blocks.get(entry.id) ?? new Map<string, Buffer>();
      this.#blocks.set(entry.id, blocks.set(String(request.query.blockid), body));
    } else {
      const content = this.#commit(entry, body.toString());
      if (!content) return refuse(response, 400, 'InvalidBlockList');
      entry.content = content;
      this.#blocks.delete(entry.id);
    }
    response
      .status(201)
      .set({ etag: etag(entry), 'last-modified': new Date().toUTCString() })
      .end();
  }

  /** Get Blob (whole or one range) and Get Blob Properties. */
  async get(request: Request, response: Response): Promise<void> {
    const operation = request.method === 'HEAD' ? 'HeadBlob' : 'GetBlob';
    const { entry, fault } = await this.#admit(operation, request, response);
    if (!entry) return;
    if (!entry.content) return refuse(response, 404, 'BlobNotFound');
    const content =
      fault?.keepBytes === undefined ? entry.content : entry.content.subarray(0, fault.keepBytes);
    response.set({
      etag: etag(entry),
      'accept-ranges': 'bytes',
      'content-type': 'application/octet-stream',
      'x-ms-blob-type': 'BlockBlob',
      'last-modified': new Date(0).toUTCString(),
    });
    const wanted = byteRange(request.get('x-ms-range') ?? request.get('range'), content.length);
    if (wanted === 'invalid') return refuse(response, 416, 'InvalidRange');
    const part = wanted ? content.subarray(wanted.start, wanted.end + 1) : content;
    if (wanted)
      response.status(206).set('content-range', `bytes ${wanted.start}-${wanted.end}/${content.length}`);
    response.set('content-length', String(part.length));
    if (operation === 'HeadBlob') return void response.end();
    this.#counters().bytesDown += part.length;
    response.end(part);
  }

  /** Checks the signature and lets a fault happen; answers itself where it returns no entry. */
  async #admit(
    operation: Operation,
    request: Request,
    response: Response,
  ): Promise<{ entry?: Entry; fault?: Fault }> {
    const id = String(request.params.id);
    const counters = this.#counters();
    counters.by[operation] += 1;
    // BuildKit dereferences this header's value without looking whether it is there.
    response.set({ 'x-ms-request-id': randomUUID(), 'x-ms-version': '2025-11-05' });
    if (!this.#isSigned(request, id, operation === 'GetBlob' || operation === 'HeadBlob' ? 'r' : 'cw')) {
      counters.refused += 1;
      refuse(response, 403, 'AuthenticationFailed');
      return {};
    }
    const entry = this.#entries.byId(id);
    const fault = this.#faults.take(operation, entry?.key ?? '');
    await delay(fault);
    if (fault?.status) {
      refuse(response, fault.status, fault.status === 404 ? 'BlobNotFound' : 'InternalError');
      return {};
    }
    if (!entry) {
      refuse(response, 404, 'BlobNotFound');
      return {};
    }
    return fault ? { entry, fault } : { entry };
  }

  #isSigned(request: Request, id: string, permission: string): boolean {
    const [sp, se, sig] = ['sp', 'se', 'sig'].map((name) => String(request.query[name] ?? '')) as [
      string,
      string,
      string,
    ];
    return sp === permission && Date.parse(se) > Date.now() && sameText(sig, this.#signature(id, sp, se));
  }

  #signature(id: string, permission: string, expiry: string): string {
    return createHmac('sha256', this.#key).update(`${id}\n${permission}\n${expiry}`).digest('base64');
  }

  /** Joins the blocks that a block list names; undefined where one is unknown. */
  #commit(entry: Entry, list: string): Buffer | undefined {
    const blocks = this.#blocks.get(entry.id);
    const ids = [...list.matchAll(/<(?:Latest|Uncommitted)>([^<]*)<\//g)].map(([, id]) => id ?? '');
    const parts = ids.flatMap((id) => blocks?.get(id) ?? []);
    return parts.length === ids.length ? Buffer.concat(parts) : undefined;
  }
}

/**
 * The one range of a Range header over `length` bytes; undefined where there is none. An end past the blob's end
 * is cut to it; a start past it is invalid.
 */
function byteRange(
  header: string | undefined,
  length: number,
): { start: number; end: number } | 'invalid' | undefined {
  if (!header) return undefined;
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(header) ?? [];
  const start = Number(first);
  const end = Math.min(last ? Number(last) : length - 1, length - 1);
  return first !== undefined && start < length && start <= end ? { start, end } : 'invalid';
}

/** Answers as Azure does: an XML body, and the code in a header. */
function refuse(response: Response, status: number, code: string): void {
  response.status(status).set({ 'x-ms-error-code': code, 'content-type': 'application/xml' });
  if (status === 429 || status === 503) response.set('retry-after', '1');
  response.end(
    `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`,
  );
}

function etag(entry: Entry): string {
  return `"${entry.id}"`;
}

async function readBody(request: Request): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
