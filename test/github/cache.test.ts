import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from '../../src/docker/command.ts';
import { CacheError, openCacheStore } from '../../src/github/cache.ts';
import { type CacheService, runtimeToken, startCacheService } from '../support/cache-service.ts';

const store = openCacheStore();
const before = { ...process.env };
let service: CacheService;
let temporary: string;
let folder: string;

beforeEach(async () => {
  [service, temporary] = await Promise.all([startCacheService(), mkdtemp(join(tmpdir(), 'cache-store-'))]);
  folder = join(temporary, 'archive');
  await mkdir(folder);
  await writeFile(join(folder, 'a.txt'), 'content');
  Object.assign(process.env, {
    ACTIONS_RESULTS_URL: service.url,
    ACTIONS_RUNTIME_TOKEN: runtimeToken(),
    ACTIONS_CACHE_SERVICE_V2: 'true',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_WORKSPACE: temporary,
    RUNNER_TEMP: temporary,
  });
});
afterEach(async () => {
  process.env = { ...before };
  await service.close();
  await rm(temporary, { recursive: true, force: true });
});

const limit = { timeout: 20_000 };

describe("GitHub's cache of folders", () => {
  it('gives back what was saved, by its key or the newest with a prefix', async () => {
    expect(store.isAvailable()).toBe(true);
    const saved = await store.save(folder, 'app-1', limit);
    expect(saved.bytes).toBe(service.entries()[0]?.bytes);
    await rm(folder, { recursive: true });
    expect(await store.find(folder, 'app-1', limit)).toBe('app-1');
    expect(await store.restore(folder, 'app-2', { ...limit, restoreKeys: ['app-'] })).toEqual({
      key: 'app-1',
      bytes: saved.bytes,
    });
    expect(await readFile(join(folder, 'a.txt'), 'utf8')).toBe('content');
  });

  it('has nothing where the entry was evicted', async () => {
    await store.save(folder, 'app-1', limit);
    service.evict(() => true);
    expect(await store.restore(folder, 'app-1', limit)).toBeUndefined();
    expect(await store.find(folder, 'app-1', limit)).toBeUndefined();
  });

  it('is not there for a job that is not offered it', () => {
    delete process.env.ACTIONS_RESULTS_URL;
    expect(store.isAvailable()).toBe(false);
  });

  it.each([
    ['too many requests', { on: 'GetCacheEntryDownloadURL', status: 429 }, /Rate limited|429/],
    ['a truncated archive', { on: 'GetBlob', keepBytes: 40 }, /tar.*failed/],
    ['a gone blob', { on: ['GetBlob', 'HeadBlob'], status: 404 }, /./],
  ] as const)('says why it restored nothing: %s', async (_name, fault, reason) => {
    await store.save(folder, 'app-1', limit);
    service.fail(fault);
    const failure = store.restore(folder, 'app-1', limit);
    await expect(failure).rejects.toThrow(CacheError);
    await expect(failure).rejects.toThrow(reason);
  });

  it('says why it saved nothing: the token has expired', async () => {
    process.env.ACTIONS_RUNTIME_TOKEN = runtimeToken({ expiresInSeconds: -60 });
    await expect(store.save(folder, 'app-1', limit)).rejects.toThrow(CacheError);
    await expect(store.restore(folder, 'app-1', limit)).rejects.toThrow(/401|expired/);
    expect(service.entries()).toEqual([]);
  });

  it('says why it saved nothing: the key is taken', async () => {
    await store.save(folder, 'app-1', limit);
    await expect(store.save(folder, 'app-1', limit)).rejects.toThrow(/another job may be creating/);
  });

  it('gives up where the service is slow, and where it is down', async () => {
    service.fail({ on: 'GetCacheEntryDownloadURL', delayMs: 60_000 });
    await expect(store.restore(folder, 'app-1', { timeout: 300 })).rejects.toThrow('within 1 s');
    await service.close();
    await expect(store.restore(folder, 'app-1', limit)).rejects.toThrow(CacheError);
  });

  it("keeps the library's lines and annotations out of the job's log", async () => {
    service.fail({ on: 'GetBlob', status: 404 });
    const script = `
      import { openCacheStore } from './src/github/cache.ts';
      const [folder] = process.argv.slice(1);
      await openCacheStore().save(folder, 'app-1', { timeout: 20000 });
      await openCacheStore().restore(folder, 'app-1', { timeout: 20000 }).catch((error) => console.log(error.name));
      process.exit(0);`;
    const { code, stdout } = await runProgram(
      [process.execPath, '--input-type=module', '--eval', script, folder],
      process.env,
    );
    expect(code).toBe(0);
    const shown = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('::add-mask::'));
    expect(shown).toEqual(['DeployError']);
  });
});
