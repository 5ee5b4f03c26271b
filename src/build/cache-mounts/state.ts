import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { CacheMount, MountBuilder } from '../../docker/cache-mounts.ts';
import type { BuildVertex, CacheMountsRecord } from '../../record.ts';
import { type CacheMountsMode, type MountDecision, TRIAL_MS } from './decision.ts';
import type { RunState } from './inputs.ts';
import type { CacheMountsPlan, MountRun } from './plan.ts';
import { type MountStatistics, median, samplesOf, withBuild } from './statistics.ts';

/** What is known of a build's cache mounts; plain data, since `post` gets it as text. */
export interface CacheMountsState {
  mode: CacheMountsMode;
  mounts: CacheMount[];
  runs: MountRun[];
  /** By the id of the RUN. */
  states: Record<string, RunState>;
  places: MountPlaces;
  /** Without the way to call docker, which is no data. */
  builder: Omit<MountBuilder, 'docker'>;
  decision: MountDecision;
  statistics: MountStatistics;
  /** Why nothing is measured or saved here; '' where it is. */
  idle: string;
  restored?: { ms: number; bytes: number; key: string };
  /** Milliseconds that the RUNs took in this build; absent where none of them ran. */
  installMs?: number;
  /** Whether an archive is to be saved after the deploy. */
  save: boolean;
}

/** Folders and keys of the cache's two entries. */
export interface MountPlaces {
  archive: string;
  key: string;
  restoreKeys: string[];
  statistics: string;
  /** Each entry of the statistics has a key of its own that starts with this: entries cannot be written twice. */
  statisticsPrefix: string;
}

/**
 * Where the entries are. The folders' names differ from image to image: the service finds an entry only under the
 * path that it was saved from, which keeps one image's apart from another whose name starts alike.
 * @param folder RUNNER_TEMP
 */
export function mountPlaces(
  plan: CacheMountsPlan,
  states: Readonly<Record<string, RunState>>,
  folder: string,
): MountPlaces {
  const digest = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');
  const name = `cache-mounts-${digest(plan.keyPrefix).slice(0, 8)}`;
  const hashes = plan.runs.map(({ id }) => [id, states[id]?.hash]);
  return {
    archive: join(folder, name),
    key: plan.keyPrefix + digest(hashes).slice(0, 16),
    restoreKeys: [plan.keyPrefix],
    statistics: join(folder, `${name}-statistics`),
    statisticsPrefix: `statistics-${plan.keyPrefix}`,
  };
}

/**
 * Adds what the build's RUNs took, and settles whether their mounts are saved: only where one of them ran, so that
 * the content may have changed, and under new lockfiles.
 * @param vertices of the user's build
 */
export function measureCacheMounts(
  state: CacheMountsState,
  vertices: readonly BuildVertex[],
): CacheMountsState {
  const samples = samplesOf(state.runs, state.states, vertices);
  if (samples.length === 0) return { ...state, save: false };
  const byStage = new Map<string, number>();
  for (const { id, ms } of samples) {
    const stage = state.runs.find((run) => run.id === id)?.stage ?? '';
    byStage.set(stage, (byStage.get(stage) ?? 0) + ms);
  }
  const installMs = Math.max(...byStage.values());
  const { save } = state.decision;
  const isWanted = save === 'yes' || (save === 'if-slow' && installMs >= TRIAL_MS);
  return {
    ...state,
    installMs,
    statistics: state.idle === '' ? withBuild(state.statistics, samples, state.restored) : state.statistics,
    save:
      isWanted && state.restored?.key !== state.places.key && (state.idle === '' || state.mode === 'true'),
  };
}

/** What the record tells of it. */
export function cacheMountsRecord(
  state: CacheMountsState,
  saved?: { ms: number; bytes: number },
): CacheMountsRecord {
  const { statistics, restored, installMs, decision } = state;
  const sum = (lists: number[][]): number | undefined =>
    lists.some((list) => list.length === 0)
      ? undefined
      : lists.reduce((total, list) => total + (median(list) ?? 0), 0);
  const runs = state.runs.map(({ id }) => statistics.runs[id]);
  const known = {
    coldMs: sum(runs.map((run) => run?.coldMs ?? [])),
    warmMs: sum(runs.map((run) => run?.warmMs ?? [])),
    restoreMs: median(statistics.restoreMs),
    saveMs: median(statistics.saveMs),
  };
  return {
    mode: state.mode,
    reason: state.idle || decision.reason,
    mounts: state.mounts.map(({ id }) => id),
    lockfiles: [...new Set(Object.values(state.states).flatMap(({ files }) => files))],
    ...(restored ? { restore: { ms: restored.ms, bytes: restored.bytes } } : {}),
    ...(saved ? { save: saved } : {}),
    ...(installMs === undefined ? {} : { installMs }),
    known: Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)),
    ...(decision.gainMs === undefined ? {} : { gainMs: decision.gainMs }),
  };
}
