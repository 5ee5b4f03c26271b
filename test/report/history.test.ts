import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCacheStore } from '../../src/github/cache.ts';
import {
  addRun,
  historyPlace,
  isKept,
  readHistory,
  trimmed,
  writeHistory,
} from '../../src/report/history.ts';
import { type CacheService, runtimeToken, startCacheService } from '../support/cache-service.ts';
import { builtOn, fullRecord } from './full-record.ts';

describe('the runs of a branch that are kept', () => {
  it('are the newest ten that built and the newest ten that did not', () => {
    let runs = Array.from({ length: 12 }, (_, day) => builtOn(day + 1)).reduce(addRun, [] as never[]);
    expect(runs).toHaveLength(10);
    for (let day = 13; day < 28; day += 1)
      runs = addRun(runs, { ...builtOn(day), build: { ...builtOn(1).build, result: 'reused' } as never });
    expect(runs.map(({ steps: [step] }) => Number(step?.start.slice(8, 10)))).toEqual([
      ...[3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
      ...[18, 19, 20, 21, 22, 23, 24, 25, 26, 27],
    ]);
  });

  it('hold figures and nothing that a function or a file said', () => {
    const kept = trimmed(fullRecord());
    const { image, cache, steps } = fullRecord();
    expect(kept).toMatchObject({
      image,
      cache,
      steps,
      build: { result: 'built' },
      deploy: [{ initMs: 400 }],
    });
    expect(kept.deploy?.[0]?.smoke[0]).toMatchObject({ ms: 9, body: '' });
    expect(JSON.stringify(kept)).not.toMatch(
      /"ok",|lambda-url|It listens|It is slow|a file changed|package-lock/,
    );
    const vertices = Array.from({ length: 300 }, (_, ms) => ({ ...fullRecord().build.vertices[0], ms }));
    const long = trimmed({ ...fullRecord(), build: { ...fullRecord().build, vertices } as never });
    expect(long.build?.vertices).toHaveLength(100);
    expect(Math.min(...(long.build?.vertices.map(({ ms }) => ms) ?? []))).toBe(200);
  });

  it('are those that came to a good end', () => {
    expect(isKept(builtOn(1))).toBe(true);
    for (const result of ['failed', 'rolled-back', 'planned'] as const)
      expect(isKept({ ...builtOn(1), result })).toBe(false);
  });
});

describe('their entry in the cache', () => {
  const before = { ...process.env };
  const store = openCacheStore();
  let service: CacheService;
  let temp: string;

  const jobOn = (scopes: Record<string, 'read' | 'write'>) =>
    Object.assign(process.env, { ACTIONS_RUNTIME_TOKEN: runtimeToken({ scopes }) });

  beforeEach(async () => {
    [service, temp] = await Promise.all([startCacheService(), mkdtemp(join(tmpdir(), 'history-'))]);
    Object.assign(process.env, {
      ACTIONS_RESULTS_URL: service.url,
      ACTIONS_CACHE_SERVICE_V2: 'true',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_WORKSPACE: temp,
      RUNNER_TEMP: temp,
    });
    jobOn({ 'refs/heads/main': 'write' });
  });
  afterEach(async () => {
    process.env = { ...before };
    await service.close();
    await rm(temp, { recursive: true, force: true });
  });

  it('is the newest of key and branch, and a pull request reads it', async () => {
    const place = historyPlace(temp, 'my-api', 'main');
    expect(await readHistory(store, place, 5_000)).toEqual([]);
    await writeHistory(store, place, [builtOn(1)], 5_000);
    await writeHistory(store, place, [builtOn(1), builtOn(2)], 5_000);
    jobOn({ 'refs/pull/7/merge': 'write', 'refs/heads/main': 'read' });
    expect(await readHistory(store, place, 5_000)).toEqual([builtOn(1), builtOn(2)]);
    expect(await readHistory(store, historyPlace(temp, 'my-api', 'release'), 5_000)).toEqual([]);
    expect(await readHistory(store, historyPlace(temp, 'other', 'main'), 5_000)).toEqual([]);
  });

  it('is left out run by run where one is no record', async () => {
    const place = historyPlace(temp, 'my-api', 'main');
    await writeHistory(store, place, [builtOn(1), { schema: 9 } as never, builtOn(2)], 5_000);
    expect(await readHistory(store, place, 5_000)).toEqual([builtOn(1), builtOn(2)]);
  });

  it('is given up where the service hangs', async () => {
    service.fail({ on: 'GetCacheEntryDownloadURL', delayMs: 60_000 } as never);
    await expect(readHistory(store, historyPlace(temp, 'my-api', 'main'), 300)).rejects.toThrow(
      'did not answer within 1 s',
    );
  });
});
