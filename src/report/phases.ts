import type { RunRecord, StepTiming } from '../record.ts';

export type PhaseName = 'build' | 'push' | 'deploy' | 'smoke';

/** What a run spent its time on, in milliseconds; a phase that it did not have is absent. */
export type Phases = Partial<Record<PhaseName, number>>;

/**
 * The four phases of a run; together they are the time that its actions were at work. What lies between two actions
 * (other steps of the job) counts for neither.
 * Functions may be deployed to side by side: while any of them is being tested, it is `smoke`.
 * BuildKit exports and pushes within `docker buildx build`: that part of the build's time is `push`.
 */
export function phases(run: RunRecord): Phases {
  const steps = run.steps.filter(({ start, end }) => length(start, end) >= 0);
  const deploy = steps.filter(isDeploy);
  const smoke = deploy.filter(isSmoke);
  const found: Phases = {};
  const building = span(steps.filter((step) => !isDeploy(step)));
  if (building !== undefined) {
    const push = Math.min(pushMs(run), building);
    found.build = building - push;
    if (push > 0) found.push = push;
  }
  const deploying = span(deploy);
  if (deploying !== undefined) {
    const smoking = covered(smoke.map(({ start, end }) => [Date.parse(start), Date.parse(end)]));
    found.deploy = Math.max(0, deploying - smoking);
    if (smoke.length > 0) found.smoke = smoking;
  }
  return found;
}

/** Milliseconds of all phases together. */
export function totalMs(found: Phases): number {
  return Object.values(found).reduce((sum, ms) => sum + ms, 0);
}

/** Whether a step belongs to the deploy action: `deploy NAME: update`. */
export function isDeploy({ name }: StepTiming): boolean {
  return /^deploy(:| )/.test(name);
}

/** Whether a step is a smoke test: `deploy NAME: smoke test of TARGET`. */
export function isSmoke({ name }: StepTiming): boolean {
  return /: smoke test of /.test(name);
}

/** The step at which a run that failed ended: the last one of the first function that failed, else of all. */
export function lastStep({ steps, deploy = [] }: RunRecord): StepTiming | undefined {
  const failed = deploy.find(({ result }) => result === 'failed' || result === 'rolled-back');
  const forward = steps.filter(({ name }) => !name.endsWith(': put back'));
  return (
    forward.findLast(({ name }) => failed && name.startsWith(`deploy ${failed.function}: `)) ?? forward.at(-1)
  );
}

/** When the run's first step began, in milliseconds since 1970; 0 where it has none. */
export function beganAt(run: RunRecord): number {
  const starts = run.steps.map(({ start }) => Date.parse(start)).filter(Number.isFinite);
  return starts.length === 0 ? 0 : Math.min(...starts);
}

/** Milliseconds that at least one interval covers. */
export function covered(intervals: readonly (readonly [number, number])[]): number {
  let total = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const [start, end] of [...intervals].sort((a, b) => a[0] - b[0])) {
    total += Math.max(0, end - Math.max(start, until));
    until = Math.max(until, end);
  }
  return total;
}

function pushMs({ build, image }: RunRecord): number {
  if (!build || !image) return 0;
  const exports = build.vertices.filter(({ kind }) => kind === 'export');
  if (exports.every(({ startMs }) => startMs !== undefined))
    return covered(exports.map(({ startMs = 0, ms }) => [startMs, startMs + ms]));
  return exports.reduce((sum, { ms }) => sum + ms, 0);
}

function span(steps: readonly StepTiming[]): number | undefined {
  if (steps.length === 0) return undefined;
  return (
    Math.max(...steps.map(({ end }) => Date.parse(end))) -
    Math.min(...steps.map(({ start }) => Date.parse(start)))
  );
}

function length(start: string, end: string): number {
  return Date.parse(end) - Date.parse(start);
}
