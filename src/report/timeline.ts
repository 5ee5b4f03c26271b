import type { RunRecord, StepTiming } from '../record.ts';
import { beganAt, isDeploy, lastStep } from './phases.ts';

/** A stretch of a run, in milliseconds after its first step began. Labels are as they came: not escaped. */
export interface Bar {
  label: string;
  startMs: number;
  ms: number;
  state: 'worked' | 'cached' | 'failed';
}

export interface Timeline {
  /** Steps of the actions, as they began. */
  steps: Bar[];
  /** What BuildKit did: the longest first, then what came from the cache. */
  vertices: Bar[];
  /** Where the last bar ends; at least 1. */
  endMs: number;
}

/** A longer time between build and deploy is other work of the job: it is drawn no longer than this. */
const longestGap = 1_000;

/** When everything in a run was at work. Vertices are placed by the start of the build that they belong to. */
export function timeline(run: RunRecord): Timeline {
  const origin = beganAt(run);
  const cut = cutOut(run.steps);
  const ended = run.result === 'failed' || run.result === 'rolled-back' ? lastStep(run) : undefined;
  const steps = run.steps
    .map((step) => ({
      label: step.name,
      startMs: Date.parse(step.start) - origin - (isDeploy(step) ? cut : 0),
      ms: Date.parse(step.end) - Date.parse(step.start),
      state: (step === ended ? 'failed' : 'worked') as Bar['state'],
    }))
    .filter(({ startMs, ms }) => startMs >= 0 && ms >= 0)
    .sort((a, b) => a.startMs - b.startMs);
  const build = steps.find(({ label }) => label === 'build and push' || label === 'build');
  const vertices = (run.build?.vertices ?? [])
    .map(({ name, cached, ms, startMs = 0 }) => ({
      label: name,
      startMs: (build?.startMs ?? 0) + startMs,
      ms: cached ? 0 : ms,
      state: (cached ? 'cached' : 'worked') as Bar['state'],
    }))
    .sort((a, b) => Number(a.state === 'cached') - Number(b.state === 'cached') || b.ms - a.ms);
  const endMs = Math.max(1, ...[...steps, ...vertices].map(({ startMs, ms }) => startMs + ms));
  return { steps, vertices, endMs };
}

/** Milliseconds between build and deploy that are not drawn. */
function cutOut(steps: readonly StepTiming[]): number {
  const ends = steps.filter((step) => !isDeploy(step)).map(({ end }) => Date.parse(end));
  const starts = steps.filter(isDeploy).map(({ start }) => Date.parse(start));
  if (ends.length === 0 || starts.length === 0) return 0;
  return Math.max(0, Math.min(...starts) - Math.max(...ends) - longestGap);
}
