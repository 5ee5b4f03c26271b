import { randomUUID } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { CacheMountsMode } from '../../src/build/cache-mounts/decision.ts';
import { restoreCacheMounts, saveCacheMounts } from '../../src/build/cache-mounts/moves.ts';
import { planCacheMounts } from '../../src/build/cache-mounts/plan.ts';
import {
  type CacheMountsState,
  cacheMountsRecord,
  measureCacheMounts,
} from '../../src/build/cache-mounts/state.ts';
import { buildHistory } from '../../src/docker/build-history.ts';
import { type Docker, runDocker } from '../../src/docker/command.ts';
import { vertices } from '../../src/docker/timings.ts';
import { openCacheStore } from '../../src/github/cache.ts';
import type { Log } from '../../src/github/log.ts';
import type { CacheMountsRecord } from '../../src/record.ts';
import { type CacheService, type Fault, runtimeToken, startCacheService } from '../support/cache-service.ts';

const parts = inject('parts');
const docker: Docker = {
  program: parts.docker.program,
  env: { ...process.env, ...parts.docker.env },
};
const buildContexts = parts.buildContexts;
const variables = { ...process.env };

let service: CacheService;
let folder: string;
let context: string;
/** Part of the mounts' ids, so that they are this test's alone. */
let nonce: string;
let lines: { info: string[]; warning: string[] };
const log: Log = {
  info: (line) => void lines.info.push(line),
  warning: (line) => void lines.warning.push(line),
  debug: () => {},
  group: async (_heading, work) => await work(),
};

beforeEach(async () => {
  nonce = randomUUID().slice(0, 8);
  lines = { info: [], warning: [] };
  [service, folder] = await Promise.all([startCacheService(), mkdtemp(join(tmpdir(), 'cache-mounts-'))]);
  context = join(folder, 'context');
  await mkdir(context);
  Object.assign(process.env, {
    ACTIONS_RESULTS_URL: service.url,
    ACTIONS_RUNTIME_TOKEN: runtimeToken(),
    ACTIONS_CACHE_SERVICE_V2: 'true',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_WORKSPACE: context,
    RUNNER_TEMP: folder,
  });
});
afterEach(async () => {
  await freshMachine();
  process.env = { ...variables };
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

/** Empties this test's mounts: the builder is as a new runner's. */
async function freshMachine(): Promise<void> {
  const filters = ['--filter', 'type=exec.cachemount', '--filter', `description~=${nonce}`];
  const { code, stderr } = await runDocker(docker, [
    'buildx',
    'prune',
    '--builder',
    'default',
    '--force',
    ...filters,
  ]);
  expect(code, stderr).toBe(0);
}

interface Job {
  mode?: CacheMountsMode;
  /** Content of the lockfile. */
  lock: string;
  layerCache?: boolean;
  /** Whether layers are kept in a folder, as a job does in GitHub's cache. */
  layers?: boolean;
  /** How post calls docker. */
  post?: Docker;
  /** The next job starts on a machine without these mounts. */
  keepMachine?: boolean;
}

/** What a job with the action does: restore, build, save; then the machine is gone. */
async function job(dockerfile: string, options: Job): Promise<CacheMountsRecord & { output: string }> {
  await writeFile(join(context, 'Dockerfile'), dockerfile);
  await writeFile(join(context, 'lock'), options.lock);
  const plan = planCacheMounts(dockerfile, {
    target: '',
    platform: 'linux/amd64',
    buildArgs: {},
    scope: nonce,
  });
  const state = await restoreCacheMounts(plan, {
    mode: options.mode ?? 'true',
    noCache: false,
    context,
    folder,
    layerCache: Promise.resolve(options.layerCache ?? true),
    isServiceInTrouble: Promise.resolve(false),
    builder: Promise.resolve({
      docker,
      name: 'default',
      platform: 'linux/amd64',
      buildArgs: [],
      buildContexts,
    }),
    store: openCacheStore(),
    log,
  });
  const metadata = join(folder, 'metadata.json');
  const { code, stderr } = await runDocker(docker, [
    ...['buildx', 'build', '--builder', 'default', '--progress', 'plain', '--output', 'type=cacheonly'],
    ...buildContexts.flatMap((entry) => ['--build-context', entry]),
    ...(options.layers ? await layerCache() : []),
    ...['--provenance=false', '--metadata-file', metadata, context],
  ]);
  expect(code, stderr).toBe(0);
  const output = stderr
    .split('\n')
    .flatMap((line) => /^#\d+ [\d.]+ (.*)/.exec(line)?.[1]?.trim() ?? [])
    .join('\n');
  if (!state) return { mode: 'auto', reason: '', mounts: [], lockfiles: [], known: {}, output };
  const built = JSON.parse(await readFile(metadata, 'utf8')) as Record<string, string>;
  const measured = measureCacheMounts(
    state,
    vertices(await buildHistory(docker, built['buildx.build.ref'] ?? '')),
  );
  // As from main to post: through text.
  const kept = JSON.parse(JSON.stringify(measured)) as CacheMountsState;
  const saved = await saveCacheMounts(kept, { docker: options.post ?? docker, store: openCacheStore(), log });
  if (!options.keepMachine) await freshMachine();
  return { ...cacheMountsRecord(measured, saved), output };
}

async function layerCache(): Promise<string[]> {
  const layers = join(folder, 'layers');
  const isThere = await readFile(join(layers, 'index.json')).catch(() => undefined);
  const to = ['--cache-to', `type=local,dest=${layers},mode=max,compression=uncompressed`];
  return isThere ? ['--cache-from', `type=local,src=${layers}`, ...to] : to;
}

const archives = () => service.entries().filter(({ key }) => key.startsWith('cache-mounts-1-'));

/**
 * Installs what the lockfile says into a mount; shows what was there before. This test's own name is in the command,
 * as a mount's id is no part of what BuildKit takes a step from the cache by.
 */
const installer = () => `FROM node:24-bookworm-slim
COPY lock /
RUN --mount=type=cache,id=${nonce},target=/c : ${nonce}; echo "had: $(ls /c | tr '\\n' ' ')"; cp /lock /c/$(cat /lock)`;

describe('a mount on fresh machines', () => {
  it('comes back with a changed lockfile only, and is saved only then', async () => {
    const first = await job(installer(), { lock: 'one', layers: true });
    expect(first.output).toBe('had:');
    expect(first).toMatchObject({
      mounts: [nonce],
      lockfiles: ['lock'],
      save: { bytes: archives()[0]?.bytes },
    });
    expect(first.restore).toBeUndefined();

    const same = await job(installer(), { lock: 'one', layers: true });
    expect(same.output).toBe('');
    expect(same).not.toHaveProperty('restore');
    expect(same).not.toHaveProperty('save');
    expect(same.reason).toContain('its layers come from the cache');

    const changed = await job(installer(), { lock: 'two' });
    expect(changed.output).toBe('had: one');
    expect(changed.restore?.bytes).toBe(archives()[0]?.bytes);
    expect(Object.keys(changed.known).sort()).toEqual(['coldMs', 'restoreMs', 'saveMs', 'warmMs']);
    expect(archives()).toHaveLength(2);
    expect(lines.warning).toEqual([]);

    // Without a layer cache the same lockfile installs again: restored by its own key, and not saved twice.
    const again = await job(installer(), { lock: 'two', layerCache: false });
    expect(again.save).toBeUndefined();
    expect(archives()).toHaveLength(2);
    expect(again.output).toBe('had: one two');
  });

  it('keeps owner, mode, time and kind of everything in it', async () => {
    const list = `find . -printf '%p %U:%G %m %T@ %y %l %s %n\\n' | sort`;
    const text = `FROM node:24-bookworm-slim
ENV NAME=${nonce}
COPY lock /
RUN --mount=type=cache,target=/mount-$NAME,uid=1000,gid=1001,mode=0750 --mount=type=cache,id=${nonce}-b,target=/b,sharing=locked \\
  cd /mount-$NAME && if [ "$(cat /lock)" = one ]; then mkdir -p 'a b/.d' && echo x > 'a b/.d/f' && echo y > .hidden && echo z > ..odd \\
  && chown -R 7:8 'a b' && chmod 4711 .hidden && ln -s ../x link && ln .hidden hard && touch -hd 2020-01-01 link .hidden 'a b/.d/f' \\
  && touch -d 2021-01-01 'a b/.d' && echo b > /b/b; fi; ${list}; cat /b/b`;
    const first = await job(text, { lock: 'one' });
    const second = await job(text, { lock: 'two' });
    expect(second.restore).toBeDefined();
    const entries = ({ output }: { output: string }) =>
      output.split('\n').map((line) => line.replace(/^(\. \S+ \S+) \S+ /, '$1 '));
    expect(first.output).toContain('./.hidden 0:0 4711 1577836800');
    expect(entries(second)).toEqual(entries(first));
  });

  it('is moved with an image that has no tar', async () => {
    const base = `mount-test-${nonce}`;
    await writeFile(
      join(context, 'Dockerfile'),
      'FROM node:24-bookworm-slim\nRUN rm -f /bin/tar /usr/bin/tar',
    );
    const named = ['buildx', 'build', '--builder', 'default', '--tag', base];
    const contexts = buildContexts.flatMap((entry) => ['--build-context', entry]);
    const made = await runDocker(docker, [...named, ...contexts, '--load', context]);
    expect(made.code, made.stderr).toBe(0);
    try {
      const text = installer()
        .replace('node:24-bookworm-slim', base)
        .replace('cp /lock', 'chown 5:6 /c; cp /lock');
      await job(text, { lock: 'one' });
      const { output, restore } = await job(text.replace('echo', 'stat -c %u:%g:%n /c/*; echo'), {
        lock: 'two',
      });
      expect(lines.warning).toEqual([]);
      expect(restore).toBeDefined();
      expect(output).toBe('0:0:/c/one\nhad: one');
    } finally {
      await runDocker(docker, ['image', 'rm', base]);
    }
  });

  it('is left as it is where the builder holds it already', async () => {
    await job(installer(), { lock: 'one', keepMachine: true });
    const { output, reason, restore } = await job(installer(), { mode: 'auto', lock: 'two' });
    expect(output).toBe('had: one');
    expect(reason).toBe('the builder holds these mounts already');
    expect(restore).toBeUndefined();
    expect(archives()).toHaveLength(1);
  });
});

it('auto measures without, tries it out, and goes on because it pays', async () => {
  const slow = installer().replace('; cp /lock', '; [ -e /c/one ] || sleep 8; cp /lock');
  const [first, second, third] = [
    await job(slow, { mode: 'auto', lock: 'one' }),
    await job(slow, { mode: 'auto', lock: 'two' }),
    await job(slow, { mode: 'auto', lock: 'three' }),
  ];
  expect(first.reason).toBe('nothing was measured yet');
  expect(first.save).toBeDefined();
  expect(second.reason).toMatch(/^tried out \(8\.\d s without, \? with, \? to restore, \d\.\d s to save\)$/);
  expect(second.output).toBe('had: one');
  expect(third.reason).toMatch(/^it pays /);
  expect(third.output).toBe('had: one two');
  expect(third.gainMs).toBeGreaterThan(0);
});

it('auto leaves a short installation alone', async () => {
  const first = await job(installer(), { mode: 'auto', lock: 'one' });
  const second = await job(installer(), { mode: 'auto', lock: 'two' });
  expect(first.save).toBeUndefined();
  expect(second.reason).toMatch(/^installing takes only 0\.\d s$/);
  expect(second.output).toBe('had:');
  expect(archives()).toEqual([]);
});

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
    await job(installer(), { lock: 'one' });
    cause();
    const { output, restore } = await job(installer(), { lock: 'two' });
    expect(output).toBe('had:');
    expect(restore).toBeUndefined();
    expect(lines.warning.filter((line) => line.includes('restored'))).toEqual([
      expect.stringMatching(warning),
    ]);
  });

  it('restore: the archive was evicted', async () => {
    await job(installer(), { lock: 'one' });
    service.evict(({ key }) => key.startsWith('cache-mounts'));
    expect((await job(installer(), { lock: 'two' })).output).toBe('had:');
    expect(lines.warning).toEqual([]);
    expect(lines.info).toContain('Cache mounts: there is no archive yet.');
  });

  it.each([
    ['an expired token', () => void Object.assign(process.env, { ACTIONS_RUNTIME_TOKEN: expired() }), /401/],
    ['a service that is down', async () => await service.close(), /ECONNREFUSED/],
    [
      'a service that is slow',
      () => void fail({ on: 'GetCacheEntryDownloadURL', delayMs: 60_000 }),
      /within 5 s/,
    ],
  ])('%s', async (_name, cause, reason) => {
    await job(installer(), { lock: 'one' });
    await cause();
    const { output, reason: told } = await job(installer(), { lock: 'two' });
    expect(output).toBe('had:');
    expect(told).toBe('');
    expect(lines.warning).toEqual([expect.stringMatching(/^Cache mounts: left alone\./)]);
    expect(lines.warning[0]).toMatch(reason);
    expect(archives()).toHaveLength(1);
  });

  it('save: the disk is full', async () => {
    const program = join(folder, 'docker-on-a-full-disk');
    // A file may be 64 blocks of 512 bytes long.
    await writeFile(program, `#!/bin/sh\nulimit -f 64\nexec ${docker.program} "$@"\n`);
    await chmod(program, 0o755);
    const big = `${installer()}; head -c 1000000 /dev/urandom > /c/big`;
    const { save } = await job(big, { lock: 'one', post: { ...docker, program } });
    expect(save).toBeUndefined();
    expect(lines.warning).toEqual([expect.stringMatching(/^Cache mounts: not saved\./)]);
    expect(archives()).toEqual([]);
  });

  it('save: the blob store fails', async () => {
    fail({ on: ['PutBlob', 'PutBlock', 'PutBlockList'], key: /^cache-mounts/, status: 403 });
    const { save } = await job(installer(), { lock: 'one' });
    expect(save).toBeUndefined();
    expect(lines.warning).toEqual([expect.stringMatching(/^Cache mounts: not saved\./)]);
  });

  it('save: the job may only read', async () => {
    await job(installer(), { lock: 'one' });
    process.env.ACTIONS_RUNTIME_TOKEN = runtimeToken({ scopes: { 'refs/heads/main': 'read' } });
    const { output, save } = await job(installer(), { lock: 'two' });
    expect(output).toBe('had: one');
    expect(save).toBeUndefined();
    expect(lines.warning).toEqual([]);
    expect(archives()).toHaveLength(1);
  });

  const expired = () => runtimeToken({ expiresInSeconds: -60 });
  const fail = (fault: Fault) => service.fail(fault);
});
