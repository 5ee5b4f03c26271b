import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { type Fault, runtimeToken } from '../support/cache-service.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { type MountsScene, startMountsScene } from './cache-mounts-scene.ts';

const parts = inject('parts');
let scene: MountsScene;
beforeEach(async () => {
  scene = await startMountsScene(parts);
});
afterEach(async () => await scene.close());

describe('faults cost one line, and the build goes on', () => {
  it.each<[string, () => unknown, RegExp]>([
    [
      'too many requests',
      () => fail({ on: 'GetCacheEntryDownloadURL', key: /^cache-mounts/, status: 429 }),
      /not restored.*(429|Rate)/,
    ],
    [
      'a truncated archive',
      () => fail({ on: 'GetBlob', key: /^cache-mounts/, keepBytes: 50 }),
      /not restored.*tar/,
    ],
    ['a blob that is gone', () => fail({ on: 'GetBlob', key: /^cache-mounts/, status: 404 }), /not restored/],
  ])('restore: %s', async (_name, cause, warning) => {
    await scene.job(scene.installer(), { lock: 'one' });
    cause();
    const { output, restore } = await scene.job(scene.installer(), { lock: 'two' });
    expect(output).toBe('had:');
    expect(restore).toBeUndefined();
    expect(scene.lines.warning.filter((line) => line.includes('restored'))).toEqual([
      expect.stringMatching(warning),
    ]);
  });

  it('restore: the archive was evicted', async () => {
    await scene.job(scene.installer(), { lock: 'one' });
    scene.service.evict(({ key }) => key.startsWith('cache-mounts'));
    expect((await scene.job(scene.installer(), { lock: 'two' })).output).toBe('had:');
    expect(scene.lines.warning).toEqual([]);
    expect(scene.lines.info).toContain('Cache mounts: there is no archive yet.');
  });

  it.each([
    ['an expired token', () => void Object.assign(process.env, { ACTIONS_RUNTIME_TOKEN: expired() }), /401/],
    ['a service that is down', async () => await scene.service.close(), /ECONNREFUSED/],
    [
      'a service that is slow',
      () => void fail({ on: 'GetCacheEntryDownloadURL', delayMs: 60_000 }),
      /within 5 s/,
    ],
  ])('%s', async (_name, cause, reason) => {
    await scene.job(scene.installer(), { lock: 'one' });
    await cause();
    const { output, reason: told } = await scene.job(scene.installer(), { lock: 'two' });
    expect(output).toBe('had:');
    expect(told).toBe('');
    expect(scene.lines.warning).toEqual([expect.stringMatching(/^Cache mounts: left alone\./)]);
    expect(scene.lines.warning[0]).toMatch(reason);
    expect(scene.archives()).toHaveLength(1);
  });

  it('save: the disk is full', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'small-disk-'));
    const disk = await mountSmallDisk(folder, 1);
    const small = await startMountsScene(parts, folder);
    try {
      const big = `${small.installer()}; head -c 2000000 /dev/urandom > /c/big`;
      const { save } = await small.job(big, { lock: 'one' });
      expect(save).toBeUndefined();
      expect(small.lines.warning).toEqual([
        expect.stringMatching(/^Cache mounts: not saved\..* The disk of \S+ is full\.$/),
      ]);
      expect(small.archives()).toEqual([]);
      // The action's own folder, which the run record shares.
      expect(await readdir(folder, { recursive: true })).toEqual(['deploy-lambda-container']);
    } finally {
      await small.close();
      await disk.close();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('save: the blob store fails', async () => {
    fail({ on: ['PutBlob', 'PutBlock', 'PutBlockList'], key: /^cache-mounts/, status: 403 });
    const { save } = await scene.job(scene.installer(), { lock: 'one' });
    expect(save).toBeUndefined();
    expect(scene.lines.warning).toEqual([expect.stringMatching(/^Cache mounts: not saved\./)]);
  });

  it('save: the job may only read', async () => {
    await scene.job(scene.installer(), { lock: 'one' });
    process.env.ACTIONS_RUNTIME_TOKEN = runtimeToken({ scopes: { 'refs/heads/main': 'read' } });
    const { output, save } = await scene.job(scene.installer(), { lock: 'two' });
    expect(output).toBe('had: one');
    expect(save).toBeUndefined();
    expect(scene.lines.warning).toEqual([]);
    expect(scene.archives()).toHaveLength(1);
  });

  const expired = () => runtimeToken({ expiresInSeconds: -60 });
  const fail = (fault: Fault) => scene.service.fail(fault);
});
