import type { RunState } from './inputs.ts';
import type { MountRun } from './plan.ts';
import { type MountStatistics, median } from './statistics.ts';

export type CacheMountsMode = 'auto' | 'true' | 'false';

export interface MountDecision {
  /** Whether the archive is to be put into the mounts before the build. */
  restore: boolean;
  /** Whether an archive is to be saved where one of the RUNs has run. `if-slow`: where it took TRIAL_MS. */
  save: 'yes' | 'no' | 'if-slow';
  /** One sentence with the figures it rests on. */
  reason: string;
  /** What a restore was expected to save, in milliseconds, its cost taken off; absent where not known. */
  gainMs?: number;
  /** Milliseconds after which waiting for the archive cannot pay any more. */
  restoreLimitMs: number;
}

/** Shorter installations are left alone: moving any archive takes a second or two each way. */
export const TRIAL_MS = 5_000;
/** After so many builds with the same choice the other one is measured again. */
const MEASURE_AGAIN = 20;
/** Archives over this size (bytes, unpacked) are not kept: GitHub holds 10 GB for all of a repository. */
export const MAX_BYTES = 2_000_000_000;
/** How much larger than what one build needs an archive may grow, and by how much at least. */
const GROWTH = { factor: 2, bytes: 50_000_000 };

/**
 * Decides what is done with the mounts. For the RUNs that will run again, by stage (stages run side by side) and then
 * the largest of them,
 *
 *     gain = (median cold - median warm) - median restore - median save (only where the lockfiles are new)
 *
 * and `auto` restores where gain > 0. Until all four are known it measures: the first build cold, the next ones with
 * the archive. It is given up after two tries that did not pay, and at once where moving the archive alone takes twice
 * as long as installing without it.
 * @param states by the id of the RUN
 * @param layerCache whether the layers of the last build can be had
 */
export function decideCacheMounts(
  mode: CacheMountsMode,
  runs: readonly MountRun[],
  states: Readonly<Record<string, RunState>>,
  statistics: MountStatistics | undefined,
  layerCache: boolean,
): MountDecision {
  if (mode === 'false' || runs.length === 0)
    return { restore: false, save: 'no', reason: 'cache mounts are not kept', restoreLimitMs: 0 };
  const isSame = (run: MountRun) => statistics?.runs[run.id]?.hash === states[run.id]?.hash;
  const isNew = runs.some((run) => !isSame(run));
  const expected = runs.filter((run) => !layerCache || states[run.id]?.volatile || !isSame(run));
  const known = estimate(expected.length > 0 ? expected : runs, statistics);
  const restoreLimitMs = Math.min(Math.max(known.cold ?? 0, 10_000), 120_000);
  const say = (restore: boolean, save: MountDecision['save'], reason: string, gainMs?: number) => ({
    restore,
    save,
    reason,
    restoreLimitMs,
    ...(gainMs === undefined ? {} : { gainMs }),
  });

  const keep = mode === 'true' ? 'yes' : 'if-slow';
  if (!statistics) return say(mode === 'true', keep, 'nothing was measured yet');
  const choice = ofMode(mode, known, statistics, isNew);
  if (expected.length === 0)
    return say(
      false,
      choice.save,
      'its lockfiles are those of the last build, so its layers come from the cache',
    );
  if (choice.restore && outgrown(statistics))
    return say(
      false,
      choice.save,
      `the mounts start afresh, having grown to ${mb(statistics.bytes)}`,
      choice.gain,
    );
  return say(choice.restore, choice.save, choice.reason, choice.gain);
}

interface Estimate {
  cold: number | undefined;
  warm: number | undefined;
  /** The fewest measurements with a restored mount that one of the RUNs has. */
  tries: number;
}

/** What the slowest stage's RUNs took. Unknown as soon as one of them is. */
function estimate(runs: readonly MountRun[], statistics: MountStatistics | undefined): Estimate {
  const stages = new Map<
    string,
    { cold: number; warm: number; known: boolean; measured: boolean; tries: number }
  >();
  for (const { id, stage } of runs) {
    const { coldMs = [], warmMs = [] } = statistics?.runs[id] ?? {};
    const sum = stages.get(stage) ?? { cold: 0, warm: 0, known: true, measured: true, tries: Infinity };
    sum.cold += median(coldMs) ?? 0;
    sum.warm += median(warmMs) ?? 0;
    sum.known &&= coldMs.length > 0;
    sum.measured &&= warmMs.length > 0;
    sum.tries = Math.min(sum.tries, warmMs.length);
    stages.set(stage, sum);
  }
  const slowest = [...stages.values()].sort((a, b) => b.cold - a.cold)[0];
  if (!slowest) return { cold: undefined, warm: undefined, tries: 0 };
  return {
    cold: slowest.known ? slowest.cold : undefined,
    warm: slowest.measured ? slowest.warm : undefined,
    tries: slowest.tries,
  };
}

function ofMode(
  mode: CacheMountsMode,
  { cold, warm, tries }: Estimate,
  statistics: MountStatistics,
  isNew: boolean,
): { restore: boolean; save: MountDecision['save']; reason: string; gain?: number } {
  const restoreMs = median(statistics.restoreMs);
  const saveMs = median(statistics.saveMs);
  const cost = (restoreMs ?? 0) + (isNew ? (saveMs ?? 0) : 0);
  const figures = `${s(cold)} without, ${s(warm)} with, ${s(restoreMs)} to restore, ${s(saveMs)} to save`;
  const gain = cold !== undefined && warm !== undefined ? cold - warm - cost : undefined;
  const told = gain === undefined ? {} : { gain };
  if (mode === 'true')
    return { restore: true, save: 'yes', reason: `cache-mounts: true (${figures})`, ...told };
  if (cold === undefined)
    return { restore: false, save: 'if-slow', reason: 'its time without is not known yet' };
  if (cold < TRIAL_MS)
    return { restore: false, save: 'no', reason: `installing takes only ${s(cold)}`, ...told };
  const isDue = statistics.sameChoice >= MEASURE_AGAIN;
  if (loses({ cold, gain, tries }, cost)) {
    if (isDue && !statistics.lastRestored)
      return { restore: true, save: 'yes', reason: `measured again (${figures})`, ...told };
    return { restore: false, save: 'no', reason: `it does not pay (${figures})`, ...told };
  }
  if (gain === undefined || gain <= 0)
    return { restore: true, save: 'yes', reason: `tried out (${figures})`, ...told };
  if (isDue && statistics.lastRestored)
    return { restore: false, save: 'yes', reason: `measured without again (${figures})`, ...told };
  return { restore: true, save: 'yes', reason: `it pays ${s(gain)} (${figures})`, ...told };
}

/** A single slow measurement is no proof, unless the cost alone is far above what could be saved. */
function loses(
  { cold, gain, tries }: { cold: number; gain: number | undefined; tries: number },
  cost: number,
): boolean {
  if (cost >= 2 * cold) return true;
  return tries >= 2 && (cost >= cold || (gain !== undefined && gain <= 0));
}

function outgrown({ bytes, freshBytes }: MountStatistics): boolean {
  return bytes > MAX_BYTES || bytes > freshBytes * GROWTH.factor + GROWTH.bytes;
}

const s = (ms: number | undefined): string => (ms === undefined ? '?' : `${(ms / 1000).toFixed(1)} s`);
const mb = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
