import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CacheCall } from './cache-service/client.ts';
import { type CacheService, runtimeToken, startCacheService } from './cache-service.ts';

const client = fileURLToPath(new URL('./cache-service/client.ts', import.meta.url));

let service: CacheService;
let folder: string;

beforeEach(async () => {
  [service, folder] = await Promise.all([startCacheService(), mkdtemp(join(tmpdir(), 'cache-service-'))]);
  await mkdir(join(folder, 'data'));
  await writeFile(join(folder, 'data', 'file.txt'), 'kept between runs\n');
});
afterEach(async () => {
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

/** Calls `@actions/cache` in a process with nothing but the variables that the runner sets. */
async function toolkit(
  calls: CacheCall[],
  token = runtimeToken(),
): Promise<{ results: unknown[]; log: string }> {
  const started = promisify(execFile)(process.execPath, [client], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      RUNNER_TEMP: join(folder, 'temp'),
      GITHUB_WORKSPACE: folder,
      GITHUB_SERVER_URL: 'https://github.com',
      ACTIONS_CACHE_SERVICE_V2: 'true',
      ACTIONS_RESULTS_URL: service.url,
      ACTIONS_RUNTIME_TOKEN: token,
    },
  });
  started.child.stdin?.end(JSON.stringify(calls));
  const log = (await started).stdout.trimEnd();
  return { results: JSON.parse(log.slice(log.lastIndexOf('\n') + 1)) as unknown[], log };
}

describe('with the real @actions/cache', () => {
  it('saves and restores files, and counts what it moved', async () => {
    const saved = await toolkit([{ save: 'key-1', paths: ['data'] }]);
    expect(saved.results).toEqual([1]);
    expect(service.entries()).toMatchObject([{ key: 'key-1', scope: 'refs/heads/main' }]);
    const bytes = service.entries()[0]?.bytes ?? 0;
    expect(service.counters()).toMatchObject({
      requests: 3,
      bytesUp: bytes,
      bytesDown: 0,
      by: { PutBlob: 1 },
    });

    await rm(join(folder, 'data'), { recursive: true });
    service.resetCounters();
    const restored = await toolkit([{ restore: 'other', paths: ['data'], restoreKeys: ['key-'] }]);
    expect(restored.results).toEqual(['key-1']);
    expect(await readFile(join(folder, 'data', 'file.txt'), 'utf8')).toBe('kept between runs\n');
    expect(service.counters()).toMatchObject({
      requests: 2,
      bytesUp: 0,
      bytesDown: bytes,
      hits: 1,
      misses: 0,
    });
  });

  it('refuses a second entry of the same key, and misses what is not there', async () => {
    const calls: CacheCall[] = [
      { save: 'key-1', paths: ['data'] },
      { save: 'key-1', paths: ['data'] },
      { restore: 'nothing', paths: ['data'] },
    ];
    const { results, log } = await toolkit(calls);
    expect(results).toEqual([1, -1, null]);
    expect(log).toContain('Unable to reserve cache with key key-1');
    expect(service.counters()).toMatchObject({ by: { CreateCacheEntry: 2, PutBlob: 1 }, misses: 1 });
  });

  it('answers a token without a writable scope and an expired one as GitHub does', async () => {
    const readOnly = runtimeToken({ scopes: { 'refs/heads/main': 'read' } });
    const denied = await toolkit([{ save: 'key-1', paths: ['data'] }], readOnly);
    expect(denied.log).toContain('cache write denied:');
    const late = await toolkit(
      [{ restore: 'key-1', paths: ['data'] }],
      runtimeToken({ expiresInSeconds: -60 }),
    );
    expect(late.results).toEqual([null]);
    expect(late.log).toContain('(401)');
    expect(service.counters().refused).toBe(1);
  });

  it('lets a client see a broken archive as a warning', async () => {
    await toolkit([{ save: 'key-1', paths: ['data'] }]);
    service.fail({ on: 'GetBlob', keepBytes: 10 });
    const { results, log } = await toolkit([{ restore: 'key-1', paths: ['data'] }]);
    expect(results).toEqual([null]);
    expect(log).toContain('::warning::Failed to restore');
  });
});
