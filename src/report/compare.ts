import { formatCount } from '../format.ts';
import type { FunctionRecord, RunRecord } from '../record.ts';
import { changedLayers, type LayerChange } from './layers.ts';
import { type Measure, measure, neededRuns } from './noise.ts';
import { beganAt, type PhaseName, type Phases, phases, totalMs } from './phases.ts';

/** One row of the table of times, in milliseconds. */
export interface TimeRow {
  name: PhaseName | 'total';
  measure: Measure;
}

/** A function's start beside that of the base branch: cold start in milliseconds, memory used in MB. */
export interface FunctionComparison {
  function: string;
  coldStart: Measure;
  memory: Measure;
}

/** A run beside the last runs of the base branch. */
export interface Comparison {
  /** Base runs that ended well; only they are compared with. */
  runs: number;
  /** One sentence where nothing or not all can be compared; '' where all is. */
  note: string;
  /** What this run had, in order, and the total at the end. */
  times: TimeRow[];
  /** Compressed bytes beside those of the newest base run; absent where one of the two has no image. */
  image?: { bytes: number; baseBytes: number; change: 'more' | 'less' | 'same' };
  /** Layers that differ from the newest base run's, the largest growth first. */
  layers: LayerChange[];
  functions: FunctionComparison[];
}

const timeFloor = { absolute: 500, share: 0.05 };
const coldStartFloor = { absolute: 30, share: 0.1 };
const memoryFloor = { absolute: 4, share: 0.05 };
/** gzip of the same files may differ by some bytes, and file times do. */
const sizeFloor = 50_000;

const order: readonly PhaseName[] = ['build', 'push', 'deploy', 'smoke'];

/**
 * Compares a run with the last runs of the base branch.
 *
 * - Times, cold start and memory: with the median; what counts as a change is said at `measure` in noise.ts.
 * - Like with like: a run that built an image is compared with runs that built one, a reused image with those that
 *   reused theirs, an unchanged function with unchanged ones; what failed is not compared, since it did not come to
 *   its end.
 * - The total is compared over the phases that both sides have: a pull request builds, its base branch also deploys.
 * - Size: with the newest base run, since sizes have no noise and a median would blame a change for what came before.
 * @param base in any order; with fewer than two that ended well `note` says so and nothing is called a change
 */
export function compare(run: RunRecord, base: readonly RunRecord[]): Comparison {
  const good = base.filter(endedWell).sort((a, b) => beganAt(a) - beganAt(b));
  const alike = good.filter((other) => isAlike(run, other));
  const newest = good.findLast(({ image }) => image);
  return {
    runs: good.length,
    note: noteOf(good.length, alike.length, run),
    times: timeRows(run, alike),
    ...(run.image && newest?.image && { image: sizes(run.image.bytes, newest.image.bytes) }),
    layers: run.image && newest?.image ? changedLayers(run.image, newest.image) : [],
    functions: (run.deploy ?? []).map((entry) => compareFunction(entry, good)),
  };
}

function endedWell({ result }: RunRecord): boolean {
  return result === 'deployed' || result === 'unchanged' || result === 'built' || result === 'reused';
}

function isAlike(run: RunRecord, other: RunRecord): boolean {
  const { build, deploy, result } = run;
  const builtAlike = !build || build.result === 'failed' || build.result === other.build?.result;
  // Where one of the two did not deploy, its build compares all the same.
  const deployedAlike = !deploy || !other.deploy || !endedWell(run) || result === other.result;
  return builtAlike && deployedAlike;
}

function noteOf(runs: number, alike: number, { build }: RunRecord): string {
  if (runs === 0) return 'There is nothing to compare with yet: no run of the base branch has been kept.';
  if (runs < neededRuns)
    return 'Only one run of the base branch has been kept; times are compared from two on.';
  if (alike >= neededRuns) return '';
  const what = build?.result === 'reused' ? 'reused an image' : 'did the same work';
  return `Times are not compared: of the last ${formatCount(runs, 'run')} of the base branch ${alike === 0 ? 'none' : 'only one'} ${what}.`;
}

function timeRows(run: RunRecord, base: readonly RunRecord[]): TimeRow[] {
  const own = phases(run);
  const others = base.map(phases);
  const values = (name: PhaseName): number[] => others.flatMap((other) => other[name] ?? []);
  const complete = completePhases(run);
  const rows: TimeRow[] = order.flatMap((name) => {
    const value = own[name];
    if (value === undefined) return [];
    const compared = measure(value, values(name), timeFloor);
    return [{ name, measure: complete.has(name) ? compared : { ...compared, change: 'unknown' } }];
  });
  if (rows.length === 0) return [];
  return [...rows, { name: 'total', measure: totalMeasure(own, others, endedWell(run)) }];
}

/** Phases that came to their end. */
function completePhases({ build, result }: RunRecord): Set<PhaseName> {
  if (build?.result === 'failed') return new Set();
  if (result === 'failed' || result === 'rolled-back') return new Set(['build', 'push']);
  return new Set(order);
}

function totalMeasure(own: Phases, others: readonly Phases[], complete: boolean): Measure {
  const value = totalMs(own);
  if (!complete) return { value, change: 'unknown' };
  const names = order.filter((name) => own[name] !== undefined);
  // A phase that this run has and a base run lacks took that one no time: only the deploy is another thing.
  const comparable = others.filter((other) => own.deploy === undefined || other.deploy !== undefined);
  const totals = comparable.map((other) => names.reduce((sum, name) => sum + (other[name] ?? 0), 0));
  return measure(value, totals, timeFloor);
}

function sizes(bytes: number, baseBytes: number): Comparison['image'] {
  const grown = bytes - baseBytes;
  const change = Math.abs(grown) < sizeFloor ? 'same' : grown > 0 ? 'more' : 'less';
  return { bytes, baseBytes, change };
}

function compareFunction(entry: FunctionRecord, base: readonly RunRecord[]): FunctionComparison {
  const same = base.flatMap(({ deploy = [] }) =>
    deploy.filter(({ function: name }) => name === entry.function),
  );
  return {
    function: entry.function,
    coldStart: measure(
      entry.initMs,
      same.flatMap(({ initMs }) => initMs ?? []),
      coldStartFloor,
    ),
    memory: measure(
      entry.maxMemoryMb,
      same.flatMap(({ maxMemoryMb }) => maxMemoryMb ?? []),
      memoryFloor,
    ),
  };
}
