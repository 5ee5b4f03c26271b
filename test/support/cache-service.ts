import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Request, type Response } from 'express';
import { z } from 'zod';
import { type Artifacts, addArtifactService } from './artifact-service.ts';
import { Blobs } from './cache-service/blobs.ts';
import { type Counters, newCounters } from './cache-service/counters.ts';
import { Entries, type Entry } from './cache-service/entries.ts';
import { delay, type Fault, Faults, type Operation } from './cache-service/faults.ts';
import { type Grant, readGrant } from './cache-service/token.ts';

export type { Counters } from './cache-service/counters.ts';
export type { Fault, Operation } from './cache-service/faults.ts';
export { type Access, runtimeToken, type Scopes, type TokenOptions } from './cache-service/token.ts';

/** What a test sees of an entry. */
export interface EntryView {
  key: string;
  version: string;
  /** The ref that wrote it. */
  scope: string;
  bytes: number;
}

export interface CacheService {
  /** `http://127.0.0.1:PORT/`, for ACTIONS_RESULTS_URL and for BuildKit's `url_v2`. */
  url: string;
  /** Complete entries, oldest first. */
  entries(): EntryView[];
  counters(): Readonly<Counters>;
  resetCounters(): void;
  /** Lets requests fail; returns a function that ends it. */
  fail(fault: Fault): () => void;
  /** Removes entries as GitHub does when the cache is full; returns how many. */
  evict(which: (entry: EntryView) => boolean): number;
  /** The artifact service, at the same address as on GitHub. */
  artifacts: Artifacts;
  close(): Promise<void>;
}

const SERVICE = 'github.actions.results.api.v1.CacheService';
/** https://twitchtv.github.io/twirp/docs/errors.html */
const TWIRP_CODES: Record<number, string> = {
  400: 'invalid_argument',
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'bad_route',
  409: 'already_exists',
  429: 'resource_exhausted',
  503: 'unavailable',
};

/** proto3's JSON leaves empty fields out; other fields (`metadata`) are of no account here. */
const request = z.object({
  key: z.string().min(1).max(512),
  version: z.string().min(1),
  restore_keys: z.array(z.string().min(1).max(512)).max(10).default([]),
  // int64 in proto3's JSON is a text (the toolkit); BuildKit writes a number.
  size_bytes: z.coerce.number().int().nonnegative().default(0),
});
type CacheRequest = z.infer<typeof request>;

/** An HTTP status and the JSON body to it. */
type Answer = [status: number, body: Record<string, unknown>];

/**
 * Starts a stand-in of the Actions cache service v2 with an empty cache: the Twirp methods that `@actions/cache`
 * (its lib/generated/results/api/v1/cache.js) and BuildKit's go-actions-cache (cache_v2.go) call, and the Azure-like
 * blobs behind its signed URLs. Entries are kept in memory, each under the writable scope of the token that wrote it.
 */
export async function startCacheService(): Promise<CacheService> {
  const entries = new Entries();
  const faults = new Faults();
  let counters = newCounters();
  const blobs = new Blobs(entries, faults, () => counters);
  let origin = '';

  const methods: Partial<Record<Operation, (call: CacheRequest, grant: Grant) => Answer>> = {
    CreateCacheEntry: (call, grant) => {
      if (grant.writable === undefined)
        return [200, { ok: false, message: 'cache write denied: no writable scope' }];
      const entry = entries.reserve(call.key, call.version, grant.writable);
      if (!entry) return twirpError(409, 'cache entry with the same key, version, and scope already exists');
      return [200, { ok: true, signed_upload_url: blobs.signedUrl(origin, entry.id, 'cw') }];
    },
    FinalizeCacheEntryUpload: (call, grant) => {
      const entry = entries.exact(call.key, call.version, grant.writable ?? '');
      if (!entry || entry.content?.length !== call.size_bytes)
        return [
          200,
          { ok: false, message: `uploaded ${entry?.content?.length} bytes, announced ${call.size_bytes}` },
        ];
      entry.complete = true;
      return [200, { ok: true, entry_id: String(entry.number) }];
    },
    GetCacheEntryDownloadURL: (call, grant) => {
      if (grant.readable.length === 0) return twirpError(403, 'cache read denied: no readable scope');
      const entry = entries.find([call.key, ...call.restore_keys], call.version, grant.readable);
      counters[entry ? 'hits' : 'misses'] += 1;
      if (!entry) return [200, { ok: false, signed_download_url: '', matched_key: '' }];
      const signed_download_url = blobs.signedUrl(origin, entry.id, 'r');
      return [200, { ok: true, signed_download_url, matched_key: entry.key }];
    },
  };

  /** A Twirp call: route, token, fault, body, method. */
  async function answerCall(incoming: Request): Promise<Answer> {
    const operation = String(incoming.params.method) as Operation;
    const method = methods[operation];
    if (!method) return twirpError(404, `no handler for ${incoming.path}`);
    counters.by[operation] += 1;
    const grant = readGrant(incoming.get('authorization'));
    if (!grant) {
      counters.refused += 1;
      return twirpError(401, 'token is absent, not valid or has expired');
    }
    const call = request.safeParse(incoming.body);
    if (!call.success) return twirpError(400, z.prettifyError(call.error));
    const fault = faults.take(operation, call.data.key);
    await delay(fault);
    return fault?.status ? twirpError(fault.status, 'a fault of the test') : method(call.data, grant);
  }

  const app = express();
  app.use((_incoming, _response, next) => {
    counters.requests += 1;
    next();
  });
  app.post(`/twirp/${SERVICE}/:method`, express.json(), async (incoming: Request, response: Response) => {
    const [status, body] = await answerCall(incoming);
    if (status === 429) response.set('retry-after', '1');
    response.status(status).json(body);
  });
  const artifacts = addArtifactService(app, () => origin);
  app.put('/:account/:container/:id', (incoming, response) => blobs.put(incoming, response));
  app.get('/:account/:container/:id', (incoming, response) => blobs.get(incoming, response));

  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `${origin}/`,
    entries: () => entries.all.filter((entry) => entry.complete).map(view),
    counters: () => structuredClone(counters),
    resetCounters: () => {
      counters = newCounters();
    },
    fail: (fault) => faults.add(fault),
    artifacts,
    evict: (which) => entries.remove((entry) => entry.complete && which(view(entry))),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function twirpError(status: number, msg: string): Answer {
  return [status, { code: TWIRP_CODES[status] ?? 'internal', msg }];
}

function view({ key, version, scope, content }: Entry): EntryView {
  return { key, version, scope, bytes: content?.length ?? 0 };
}
