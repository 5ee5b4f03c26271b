import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CacheService, runtimeToken, type Scopes, startCacheService } from '../cache-service.ts';

let service: CacheService;

beforeEach(async () => {
  service = await startCacheService();
});
afterEach(() => service.close());

/** One Twirp call as BuildKit makes it. */
async function twirp(
  method: string,
  body: object,
  token = runtimeToken(),
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${service.url}twirp/github.actions.results.api.v1.CacheService/${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

/** Stores an entry by three calls; `content` in one Put Blob. */
async function store(key: string, content: string, scopes?: Scopes): Promise<void> {
  const token = runtimeToken(scopes ? { scopes } : {});
  const created = await twirp('CreateCacheEntry', { key, version: 'v' }, token);
  const { signed_upload_url: url } = created.body as { signed_upload_url: string };
  const put = await fetch(url, { method: 'PUT', headers: { 'x-ms-blob-type': 'BlockBlob' }, body: content });
  expect(put.status).toBe(201);
  expect(put.headers.get('x-ms-request-id')).toBeTruthy();
  const finalized = await twirp(
    'FinalizeCacheEntryUpload',
    { key, version: 'v', size_bytes: content.length },
    token,
  );
  expect(finalized.body).toMatchObject({ ok: true });
}

/** Looks a key up; the matched key and the content, or undefined on a miss. */
async function load(key: string, restoreKeys: string[] = [], scopes?: Scopes): Promise<string | undefined> {
  const token = runtimeToken(scopes ? { scopes } : {});
  const { body } = await twirp(
    'GetCacheEntryDownloadURL',
    { key, restore_keys: restoreKeys, version: 'v' },
    token,
  );
  const found = body as { ok: boolean; matched_key: string; signed_download_url: string };
  if (!found.ok) return undefined;
  return `${found.matched_key}=${await (await fetch(found.signed_download_url)).text()}`;
}

describe('lookup', () => {
  it('takes the newest entry that a key is a prefix of, as BuildKit asks for its index', async () => {
    await store('index-app-1-abc#1', 'old');
    await store('index-app-1-abc#2', 'new');
    await store('index-app-2', 'other');
    expect(await load('index-app-1-abc#')).toBe('index-app-1-abc#2=new');
    expect(await load('index-app-1-abc#1')).toBe('index-app-1-abc#1=old');
    expect(await load('x', ['nothing', 'index-app-'])).toBe('index-app-2=other');
  });

  it('keeps refs apart and reads them in the order of the token', async () => {
    const pull: Scopes = { 'refs/pull/7/merge': 'write', 'refs/heads/main': 'read' };
    await store('k', 'of main');
    expect(await load('k', [], pull)).toBe('k=of main');
    await store('k', 'of the pull request', pull);
    expect(await load('k', [], pull)).toBe('k=of the pull request');
    expect(await load('k')).toBe('k=of main');
    expect(await load('k', [], { 'refs/heads/other': 'write' })).toBeUndefined();
  });

  it('does not find an entry before it is finalized, nor with another version', async () => {
    await twirp('CreateCacheEntry', { key: 'k', version: 'v' });
    expect(await load('k')).toBeUndefined();
    expect(await twirp('CreateCacheEntry', { key: 'k', version: 'v' })).toMatchObject({
      status: 409,
      body: { code: 'already_exists' },
    });
    expect(await twirp('CreateCacheEntry', { key: 'k', version: 'w' })).toMatchObject({ status: 200 });
  });

  it('checks the announced size, a text from the toolkit and a number from BuildKit', async () => {
    const { body } = await twirp('CreateCacheEntry', { key: 'k', version: 'v' });
    const url = (body as { signed_upload_url: string }).signed_upload_url;
    await fetch(url, { method: 'PUT', headers: { 'x-ms-blob-type': 'BlockBlob' }, body: '12345' });
    const finalize = async (size_bytes: string | number) =>
      (await twirp('FinalizeCacheEntryUpload', { key: 'k', version: 'v', size_bytes })).body;
    expect(await finalize('4')).toMatchObject({ ok: false });
    expect(await finalize('5')).toMatchObject({ ok: true, entry_id: '1' });
    expect(await finalize(5)).toMatchObject({ ok: true });
  });
});

describe('blobs', () => {
  /** Creates an entry and returns its upload URL. */
  async function uploadUrl(key: string): Promise<string> {
    const { body } = await twirp('CreateCacheEntry', { key, version: 'v' });
    return (body as { signed_upload_url: string }).signed_upload_url;
  }

  /** The signed URL of a finished entry. */
  async function downloadUrl(key: string): Promise<string> {
    const { body } = await twirp('GetCacheEntryDownloadURL', { key, version: 'v' });
    return (body as { signed_download_url: string }).signed_download_url;
  }

  it('joins blocks in the order of the list', async () => {
    const url = await uploadUrl('k');
    for (const [id, body] of [
      ['YQ==', 'world'],
      ['Yg==', 'hello '],
    ] as const)
      await fetch(`${url}&comp=block&blockid=${encodeURIComponent(id)}`, { method: 'PUT', body });
    const list = (ids: string[]) =>
      `<BlockList>${ids.map((id) => `<Latest>${id}</Latest>`).join('')}</BlockList>`;
    const commit = (ids: string[]) => fetch(`${url}&comp=blocklist`, { method: 'PUT', body: list(ids) });
    expect((await commit(['Yg==', 'none'])).status).toBe(400);
    expect((await commit(['Yg==', 'YQ=='])).status).toBe(201);
    await twirp('FinalizeCacheEntryUpload', { key: 'k', version: 'v', size_bytes: 11 });
    expect(await load('k')).toBe('k=hello world');
    expect(service.counters()).toMatchObject({ bytesUp: 11, by: { PutBlock: 2, PutBlockList: 2 } });
  });

  it('answers ranges, heads and bad ranges', async () => {
    await store('k', '0123456789');
    const url = await downloadUrl('k');
    const part = await fetch(url, { headers: { 'x-ms-range': 'bytes=2-4' } });
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
      206,
      'bytes 2-4/10',
      '234',
    ]);
    const rest = await fetch(url, { headers: { range: 'bytes=7-' } });
    expect([rest.status, await rest.text()]).toEqual([206, '789']);
    expect((await fetch(url, { headers: { range: 'bytes=10-' } })).status).toBe(416);
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '10']);
  });

  it('refuses URLs that it did not sign, or signed for something else', async () => {
    const upload = await uploadUrl('k');
    await store('done', 'x');
    const download = await downloadUrl('done');
    expect((await fetch(download.replace(/sig=[^&]*/, 'sig=forged'))).status).toBe(403);
    expect((await fetch(download.replace('sp=r', 'sp=cw'), { method: 'PUT', body: 'y' })).status).toBe(403);
    expect((await fetch(download, { method: 'PUT', body: 'y' })).status).toBe(403);
    expect((await fetch(upload)).status).toBe(403);
  });
});

describe('faults', () => {
  it('hit the requests that they name, as often as they say', async () => {
    service.fail({ on: ['CreateCacheEntry', 'GetBlob'], key: /^layer/, times: 1, status: 429 });
    await store('index', 'x');
    expect(await twirp('CreateCacheEntry', { key: 'layer', version: 'v' })).toMatchObject({
      status: 429,
      body: { code: 'resource_exhausted' },
    });
    await store('layer', 'y');
    expect(await load('layer')).toBe('layer=y');
  });

  it('can be taken away, can delay, and an evicted entry is a miss', async () => {
    await store('k', 'x');
    const end = service.fail({ on: 'GetCacheEntryDownloadURL', status: 500 });
    expect((await twirp('GetCacheEntryDownloadURL', { key: 'k', version: 'v' })).status).toBe(500);
    end();
    service.fail({ on: 'GetBlob', delayMs: 60, times: 1 });
    const start = performance.now();
    expect(await load('k')).toBe('k=x');
    expect(performance.now() - start).toBeGreaterThan(50);
    expect(service.evict(({ key }) => key === 'k')).toBe(1);
    expect(await load('k')).toBeUndefined();
  });

  it('refuse tokens that are forged', async () => {
    const [header, , signature] = runtimeToken().split('.');
    const claims = Buffer.from(JSON.stringify({ ac: '[]', nbf: 0, exp: 9e9 })).toString('base64url');
    expect((await twirp('CreateCacheEntry', {}, `${header}.${claims}.${signature}`)).status).toBe(401);
  });
});
