import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
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
import type { Parts } from '../../src/local/parts/index.ts';
import type { CacheMountsRecord } from '../../src/record.ts';
import { type CacheService, runtimeToken, startCacheService } from '../support/cache-service.ts';

/** What one job of a mounts test may be like. */
export interface Job {
  mode?: CacheMountsMode;
  /** Content of the lockfile. */
  lock: string;
  layerCache?: boolean;
  /** Whether layers are kept in a folder, as a job does in GitHub's cache. */
  layers?: boolean;
  /** The next job starts on a machine without these mounts. */
  keepMachine?: boolean;
}

/** Jobs with cache mounts, each on a new machine: a real builder, and GitHub's cache as a stand-in. */
export interface MountsScene {
  docker: Docker;
  service: CacheService;
  context: string;
  /** Part of the mounts' ids, so that they are this test's alone. */
  nonce: string;
  /** What was logged. */
  lines: { info: string[]; warning: string[] };
  /** Installs what the lockfile says into a mount; shows what was there before. */
  installer(): string;
  /** The mounts' archives in GitHub's cache. */
  archives(): ReturnType<CacheService['entries']>;
  /** What a job with the action does: restore, build, save; then the machine is gone. */
  job(dockerfile: string, options: Job): Promise<CacheMountsRecord & { output: string }>;
  close(): Promise<void>;
}

/**
 * Sets this process' environment as a job's, until it is closed.
 * @param folder the job's RUNNER_TEMP, which is left as it is; a new one where not given
 */
export async function startMountsScene(parts: Parts, folder?: string): Promise<MountsScene> {
  const docker: Docker = { program: parts.docker.program, env: { ...process.env, ...parts.docker.env } };
  const { buildContexts } = parts;
  const variables = { ...process.env };
  const nonce = randomUUID().slice(0, 8);
  const lines: MountsScene['lines'] = { info: [], warning: [] };
  const log: Log = {
    info: (line) => void lines.info.push(line),
    warning: (line) => void lines.warning.push(line),
    debug: () => {},
    group: async (_heading, work) => await work(),
  };
  const [service, own] = await Promise.all([startCacheService(), mkdtemp(join(tmpdir(), 'cache-mounts-'))]);
  const temp = folder ?? own;
  const context = join(own, 'context');
  await mkdir(context);
  Object.assign(process.env, {
    ACTIONS_RESULTS_URL: service.url,
    ACTIONS_RUNTIME_TOKEN: runtimeToken(),
    ACTIONS_CACHE_SERVICE_V2: 'true',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_WORKSPACE: context,
    RUNNER_TEMP: temp,
  });

  /** Empties this test's mounts: the builder is as a new runner's. */
  async function freshMachine(): Promise<void> {
    const filters = ['--filter', 'type=exec.cachemount', '--filter', `description~=${nonce}`];
    const { code, stderr } = await runDocker(docker, [
      ...['buildx', 'prune', '--builder', 'default', '--force'],
      ...filters,
    ]);
    expect(code, stderr).toBe(0);
  }

  async function layerCache(): Promise<string[]> {
    const layers = join(own, 'layers');
    const isThere = await readFile(join(layers, 'index.json')).catch(() => undefined);
    const to = ['--cache-to', `type=local,dest=${layers},mode=max,compression=uncompressed`];
    return isThere ? ['--cache-from', `type=local,src=${layers}`, ...to] : to;
  }

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
      folder: temp,
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
    const metadata = join(own, 'metadata.json');
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
    const saved = await saveCacheMounts(kept, { docker, store: openCacheStore(), log });
    if (!options.keepMachine) await freshMachine();
    return { ...cacheMountsRecord(measured, saved), output };
  }

  return {
    docker,
    service,
    context,
    nonce,
    lines,
    // This test's own name is in the command, as a mount's id is no part of what BuildKit takes a step from the
    // cache by.
    installer: () => `FROM node:24-bookworm-slim
COPY lock /
RUN --mount=type=cache,id=${nonce},target=/c : ${nonce}; echo "had: $(ls /c | tr '\\n' ' ')"; cp /lock /c/$(cat /lock)`,
    archives: () => service.entries().filter(({ key }) => key.startsWith('cache-mounts-1-')),
    job,
    async close() {
      await freshMachine();
      process.env = { ...variables };
      await service.close();
      await rm(own, { recursive: true, force: true });
    },
  };
}
