import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type CacheMount,
  importMounts,
  type MountBuilder,
  presentMounts,
} from '../../docker/cache-mounts.ts';
import type { Docker } from '../../docker/command.ts';
import { describeError } from '../../errors.ts';
import { CacheError, type CacheStore } from '../../github/cache.ts';
import type { Log } from '../../github/log.ts';
import { fullDiskNote } from '../full-disk.ts';
import { inMb, inSeconds, openArchives, packArchives } from './archive.ts';
import { type CacheMountsMode, decideCacheMounts } from './decision.ts';
import { hashRun, type RunState } from './inputs.ts';
import type { CacheMountsPlan } from './plan.ts';
import { type CacheMountsState, type MountPlaces, mountPlaces } from './state.ts';
import { type MountStatistics, newStatistics, parseStatistics, withSave } from './statistics.ts';

export interface CacheMountsRun {
  mode: CacheMountsMode;
  /** With `--no-cache` BuildKit empties the cache mounts of every RUN, so there is nothing to fill or to keep. */
  noCache: boolean;
  /** Folder of the build context. */
  context: string;
  /** RUNNER_TEMP */
  folder: string;
  /** Whether the layers of the last build can be had from a cache. */
  layerCache: Promise<boolean>;
  /** Whether GitHub's cache is known to fail, so that its failures here are no news. */
  isServiceInTrouble: Promise<boolean>;
  /** Looked at when what was measured has been read; undefined where there is none, and so no build. */
  builder: Promise<MountBuilder | undefined>;
  store: CacheStore;
  log: Log;
}

const STATISTICS_LIMIT_MS = 5_000;
const SAVE_LIMIT_MS = 180_000;
const STATISTICS_FILE = 'statistics.json';

/**
 * Decides what is done with a build's cache mounts, and fills them where that pays. Never throws: what fails is one
 * line in the log, and the build begins with empty mounts.
 * @returns undefined where the build has none to keep; else what `measureCacheMounts` goes on with after the build
 */
export async function restoreCacheMounts(
  plan: CacheMountsPlan,
  run: CacheMountsRun,
): Promise<CacheMountsState | undefined> {
  const { mode, log, store } = run;
  if (mode === 'false' || run.noCache) return undefined;
  for (const note of plan.notes) log.info(note);
  if (plan.mounts.length === 0) return undefined;
  if (!store.isAvailable()) {
    if (mode === 'true') log.info("Cache mounts: GitHub's cache service is not offered to this job.");
    return undefined;
  }
  try {
    const states: Record<string, RunState> = {};
    for (const one of plan.runs) states[one.id] = await hashRun(one, run.context);
    const places = mountPlaces(plan, states, run.folder);
    const [statistics, found] = await Promise.all([
      readStatistics(places, run),
      run.builder.then(withPresent),
    ]);
    if (!found) return undefined;
    const { builder, present } = found;
    const idle = hasOne(plan.mounts, builder, present) ? 'the builder holds these mounts already' : '';
    const decision = decideCacheMounts(mode, plan.runs, states, statistics, await run.layerCache);
    log.info(
      `Cache mounts: ${decision.restore && !idle ? 'restore' : 'do not restore'}; ${idle || decision.reason}.`,
    );
    const state: CacheMountsState = {
      mode,
      mounts: plan.mounts,
      runs: plan.runs,
      states,
      places,
      builder: plainBuilder(plan.mounts, builder),
      decision,
      statistics: statistics ?? newStatistics(),
      idle,
      save: false,
    };
    const restored = decision.restore && !idle ? await restore(state, builder, run) : undefined;
    return restored ? { ...state, restored } : state;
  } catch (error) {
    if (!(await run.isServiceInTrouble)) log.warning(`Cache mounts: left alone. ${describeError(error)}`);
    return undefined;
  }
}

async function readStatistics(
  { statistics, statisticsPrefix }: MountPlaces,
  { store, log }: CacheMountsRun,
): Promise<MountStatistics | undefined> {
  try {
    await rm(statistics, { recursive: true, force: true });
    const found = await store.restore(statistics, `${statisticsPrefix}none`, {
      restoreKeys: [statisticsPrefix],
      timeout: STATISTICS_LIMIT_MS,
    });
    return found && parseStatistics(await readFile(join(statistics, STATISTICS_FILE), 'utf8'));
  } catch (error) {
    // Where the service itself is the trouble, asking it for more only costs time and lines.
    if (!(error instanceof CacheError) || !error.isBadArchive) throw error;
    log.warning(`Cache mounts: what earlier builds measured cannot be read. ${describeError(error)}`);
    return undefined;
  }
}

async function withPresent(
  builder: MountBuilder | undefined,
): Promise<{ builder: MountBuilder; present: Set<string> } | undefined> {
  return builder && { builder, present: await presentMounts(builder) };
}

function hasOne(mounts: readonly CacheMount[], { buildArgs }: MountBuilder, present: Set<string>): boolean {
  const given = buildArgs.find((arg) => arg.startsWith('BUILDKIT_CACHE_MOUNT_NS='));
  const namespace = given?.slice(given.indexOf('=') + 1) ?? '';
  return mounts.some(({ id }) => present.has(`${namespace}/${id}`));
}

/** With only those arguments that the mounts' stages name: the others may be nobody else's business. */
function plainBuilder(mounts: readonly CacheMount[], builder: MountBuilder): CacheMountsState['builder'] {
  const lines = mounts.flatMap(({ globals, prelude }) => [...globals, ...prelude]);
  const named = lines.flatMap((line) => /^ARG\s+(.*)$/.exec(line)?.[1]?.match(/[A-Za-z_]\w*/g) ?? []);
  const { name, platform, buildContexts } = builder;
  const buildArgs = builder.buildArgs.filter((arg) =>
    [...named, 'BUILDKIT_CACHE_MOUNT_NS'].includes(arg.split('=')[0] ?? ''),
  );
  return { name, platform, buildContexts, buildArgs };
}

async function restore(
  { places, mounts, decision }: CacheMountsState,
  builder: MountBuilder,
  { store, log }: CacheMountsRun,
): Promise<CacheMountsState['restored']> {
  const start = performance.now();
  try {
    await rm(places.archive, { recursive: true, force: true });
    const found = await store.restore(places.archive, places.key, {
      restoreKeys: places.restoreKeys,
      timeout: decision.restoreLimitMs,
    });
    if (!found) {
      log.info('Cache mounts: there is no archive yet.');
      return undefined;
    }
    const fitting = await openArchives(mounts, places.archive);
    const results = await importMounts(
      builder,
      fitting.map(({ mount }) => mount),
      places.archive,
      fitting.map(({ file }) => file),
    );
    if (!results.includes('restored')) return undefined;
    const restored = { ms: Math.round(performance.now() - start), bytes: found.bytes, key: found.key };
    log.info(`Cache mounts: restored ${found.key} (${inMb(found.bytes)}) in ${inSeconds(restored.ms)}.`);
    return restored;
  } catch (error) {
    log.warning(`Cache mounts: not restored, the build goes on without. ${describeError(error)}`);
    return undefined;
  } finally {
    await rm(places.archive, { recursive: true, force: true }).catch(() => undefined);
  }
}

/**
 * Saves what a build left in its cache mounts, where `measureCacheMounts` has settled so, and what was measured.
 * Meant for after the deploy. Never throws: what fails is one line in the log.
 * @returns what it cost, in milliseconds and compressed bytes; undefined where no archive was saved
 */
export async function saveCacheMounts(
  state: CacheMountsState,
  { docker, store, log }: { docker: Docker; store: CacheStore; log: Log },
): Promise<{ ms: number; bytes: number } | undefined> {
  const { places } = state;
  const hasNews = state.save || (state.installMs !== undefined && state.idle === '');
  if (!hasNews) return undefined;
  if (!store.isWritable()) {
    log.info("Cache mounts: not saved, since this job may only read GitHub's cache.");
    return undefined;
  }
  let statistics = state.statistics;
  let failed = false;
  let cost: { ms: number; bytes: number } | undefined;
  try {
    if (state.save && !(await exists(places, store))) {
      const start = performance.now();
      const unpacked = await packArchives(state.mounts, places.archive, { ...state.builder, docker }, log);
      const { bytes } = await store.save(places.archive, places.key, { timeout: SAVE_LIMIT_MS });
      cost = { ms: Math.round(performance.now() - start), bytes };
      log.info(`Cache mounts: saved ${places.key} (${inMb(bytes)}) in ${inSeconds(cost.ms)}.`);
      statistics = withSave(statistics, { ms: cost.ms, bytes: unpacked }, state.restored !== undefined);
    }
  } catch (error) {
    failed = true;
    log.warning(
      `Cache mounts: not saved. ${describeError(error)}${await fullDiskNote(dirname(places.archive))}`,
    );
  } finally {
    await rm(places.archive, { recursive: true, force: true }).catch(() => undefined);
  }
  if (state.installMs !== undefined && state.idle === '')
    await saveStatistics(places, statistics, store, failed ? () => {} : log.warning);
  return cost;
}

/** Only the same key counts, not one that starts with it. */
async function exists({ archive: folder, key }: MountPlaces, store: CacheStore): Promise<boolean> {
  return (await store.find(folder, key, { timeout: STATISTICS_LIMIT_MS })) === key;
}

async function saveStatistics(
  { statistics: folder, statisticsPrefix }: MountPlaces,
  statistics: MountStatistics,
  store: CacheStore,
  warn: (line: string) => void,
): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, STATISTICS_FILE), JSON.stringify(statistics));
    await store.save(folder, `${statisticsPrefix}${Date.now()}`, { timeout: STATISTICS_LIMIT_MS });
  } catch (error) {
    warn(`Cache mounts: what was measured is not kept. ${describeError(error)}`);
  } finally {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}
