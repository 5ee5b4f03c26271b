import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { type RunResult, tryRun } from '../../src/local/parts/process.ts';
import { type CacheService, runtimeToken, type Scopes, startCacheService } from '../support/cache-service.ts';
import { forget } from './engine-cache.ts';

const { docker } = inject('parts');

let service: CacheService;
let context: string;
/** Part of each file's name, by which this test finds its own records among all of the Engine. */
let nonce: string;

beforeEach(async () => {
  nonce = randomUUID().slice(0, 8);
  [service, context] = await Promise.all([startCacheService(), mkdtemp(join(tmpdir(), 'layer-cache-'))]);
  const layers = ['one', 'two'].map((name) => `layer-${nonce}-${name}`);
  for (const layer of layers) await writeFile(join(context, layer), `${layer}\n`.repeat(20_000));
  await writeFile(
    join(context, 'Dockerfile'),
    ['FROM scratch AS base', `COPY ${layers[0]} /`, 'FROM base', `COPY ${layers[1]} /`].join('\n'),
  );
});
afterEach(async () => {
  await forget(docker, nonce);
  await service.close();
  await rm(context, { recursive: true, force: true });
});

/** One build with BuildKit's `type=gha` cache in the stand-in; only the cache is its result. */
async function build(options: { scopes?: Scopes; token?: string; to?: boolean } = {}): Promise<RunResult> {
  const token = options.token ?? runtimeToken(options.scopes ? { scopes: options.scopes } : {});
  const cache = `type=gha,version=2,url_v2=${service.url},token=${token},scope=app`;
  const exported = options.to === false ? [] : ['--cache-to', `${cache},mode=max`];
  const args = [
    'buildx',
    'build',
    '--builder',
    'default',
    '--progress',
    'plain',
    '--output',
    'type=cacheonly',
  ];
  return await tryRun(docker.program, [...args, '--cache-from', cache, ...exported, context], {
    env: { ...process.env, ...docker.env },
    timeout: 120_000,
  });
}

/** Vertices of COPY that were taken from a cache. */
function cachedCopies({ stderr }: RunResult): number {
  const copies = [...stderr.matchAll(/^(#\d+) .*COPY layer-/gm)].map(([, id]) => id);
  return new Set(copies.filter((id) => stderr.includes(`\n${id} CACHED`))).size;
}

describe("BuildKit's layer cache in the Actions cache service", () => {
  it('is written by one build, and used by the next one on a fresh machine', async () => {
    const first = await build();
    expect(first.code, first.stderr).toBe(0);
    expect(cachedCopies(first)).toBe(0);
    const keys = service
      .entries()
      .map(({ key }) => key.replace(/-[0-9a-f]{8}#\d+$/, '').replace(/sha256:.*/, ''));
    expect(keys.sort()).toEqual(['buildkit-blob-1-', 'buildkit-blob-1-', 'index-app-1']);

    await forget(docker, nonce);
    service.resetCounters();
    const second = await build({ to: false });
    expect(second.code, second.stderr).toBe(0);
    expect(cachedCopies(second), second.stderr).toBe(2);
    expect(service.counters()).toMatchObject({ bytesUp: 0, by: { CreateCacheEntry: 0 } });
    expect(service.counters().hits).toBeGreaterThan(0);
  });

  it('is read by a pull request from its base branch, and written under its own ref', async () => {
    await build();
    await forget(docker, nonce);
    const pull = await build({ scopes: { 'refs/pull/7/merge': 'write', 'refs/heads/main': 'read' } });
    expect(pull.code, pull.stderr).toBe(0);
    expect(cachedCopies(pull), pull.stderr).toBe(2);
    const written = service.entries().filter(({ scope }) => scope === 'refs/pull/7/merge');
    expect(written.some(({ key }) => key.startsWith('index-app-1-'))).toBe(true);
  });

  it('is gone where the service has evicted it', async () => {
    await build();
    await forget(docker, nonce);
    expect(service.evict(({ key }) => key.startsWith('index-'))).toBe(1);
    const second = await build({ to: false });
    expect(second.code, second.stderr).toBe(0);
    expect(cachedCopies(second), second.stderr).toBe(0);
  });

  it('fails the build with an expired token', async () => {
    const { code, stderr } = await build({ token: runtimeToken({ expiresInSeconds: -60 }) });
    expect(code).not.toBe(0);
    expect(stderr).toContain('cache token expired');
  });
});
