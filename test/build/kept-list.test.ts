import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openMemory, readKnown, remember } from '../../src/build/image-scan/memory.ts';
import {
  announced,
  cachedPlace,
  lastingPlace,
  leaveList,
  noteList,
  recallList,
} from '../../src/build/kept-list.ts';
import { type CacheService, runtimeToken, startCacheService } from '../support/cache-service.ts';

const before = { ...process.env };
let service: CacheService;
let temp: string;

beforeEach(async () => {
  [service, temp] = await Promise.all([startCacheService(), mkdtemp(join(tmpdir(), 'kept-list-'))]);
  Object.assign(process.env, {
    ACTIONS_RESULTS_URL: service.url,
    ACTIONS_RUNTIME_TOKEN: runtimeToken(),
    ACTIONS_CACHE_SERVICE_V2: 'true',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_WORKSPACE: temp,
    RUNNER_TEMP: temp,
  });
});
afterEach(async () => {
  process.env = { ...before };
  await service.close();
  await rm(temp, { recursive: true, force: true });
});

const place = (scope: string) => {
  const found = cachedPlace('test-1', scope, temp, 'list');
  if (!found) throw new Error('the job is offered the cache');
  return found;
};

it("passes through GitHub's cache: the newest of its scope, and nothing stays on the machine", async () => {
  const app = place('app');
  expect(await recallList(app)).toBeUndefined();
  for (const text of ['old', 'new']) {
    const kept = await noteList(app, text);
    if (!kept) throw new Error('post has nothing to save');
    await leaveList(kept);
    expect(existsSync(app.folder)).toBe(false);
  }
  expect(await recallList(app)).toBe('new');
  expect(await recallList(place('app-2'))).toBeUndefined();
});

it('is removed without being saved where there is no news', async () => {
  const app = place('app');
  await noteList(app, 'text');
  const kept = announced(app);
  if (!kept) throw new Error('post is told nothing');
  await leaveList(kept);
  expect(existsSync(app.folder)).toBe(false);
  expect(service.entries()).toEqual([]);
});

it('stays in a folder that lasts, of which post is told nothing', async () => {
  const lasting = lastingPlace(join(temp, 'lasting'), 'list');
  expect(announced(lasting)).toBeUndefined();
  expect(await noteList(lasting, 'text')).toBeUndefined();
  expect(await recallList(lasting)).toBe('text');
  expect(await readdir(lasting.folder)).toEqual(['list']);
});

it('is not there for a job that is not offered the cache', () => {
  delete process.env.ACTIONS_RUNTIME_TOKEN;
  expect(cachedPlace('test-1', 'app', temp, 'list')).toBeUndefined();
});

it('a memory of layers grows, and any other text is none', async () => {
  const [one, two] = ['1', '2'].map((digit) => `sha256:${digit.repeat(64)}`);
  const lasting = lastingPlace(join(temp, 'lasting'), 'layers.json');
  for (const digest of [one, two]) await remember(await openMemory(lasting), [digest ?? '']);
  expect((await openMemory(lasting)).known).toEqual([one, two]);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.jsonValue().map((known) => JSON.stringify({ rules: 1, known: [known] })),
      ),
      (text) => {
        expect(readKnown(text)).toEqual([]);
      },
    ),
  );
});
