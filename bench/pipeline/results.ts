import type { AppName } from './apps.ts';
import { ARMS, type ArmName } from './arms.ts';
import { type Comparison, compare, PAIRS } from './comparison.ts';
import type { Distances } from './options.ts';
import type { Measurement } from './rounds.ts';
import { SCENARIOS, type ScenarioName } from './scenarios.ts';
import type { Service } from './services.ts';
import { type Summary, summarize } from './statistics.ts';

/** What one arm needed in one scenario, over all rounds. */
export interface Cell {
  arm: ArmName;
  scenario: ScenarioName;
  seconds: Summary;
  /** Medians. */
  phases: Record<string, number>;
  afterSeconds: number;
  /** Medians, to all services together, until the update was accepted. */
  requests: number;
  megabytesUp: number;
  megabytesDown: number;
  /** Medians of the same by service. */
  services: Record<Service, { requests: number; megabytesUp: number; megabytesDown: number }>;
  /** Medians of megabytes to and from all services afterwards. */
  afterMegabytes: number;
  /** Median, where it was measured. */
  startSeconds?: number;
}

/** docs/bench.json */
export interface Results {
  /** Day of the run. */
  date: string;
  app: AppName;
  machine: string;
  rounds: number;
  distances: Distances;
  arms: Partial<Record<ArmName, string>>;
  scenarios: Partial<Record<ScenarioName, string>>;
  cells: Cell[];
  comparisons: Comparison[];
  measurements: Measurement[];
}

/** Brings measurements together, scenario by scenario and arm by arm. */
export function resultsOf(
  measurements: readonly Measurement[],
  { app, distances }: { app: AppName; distances: Distances },
  machine: string,
  now: Date,
): Results {
  const arms = (Object.keys(ARMS) as ArmName[]).filter((arm) => measurements.some((one) => one.arm === arm));
  const scenarios = (Object.keys(SCENARIOS) as ScenarioName[]).filter((name) =>
    measurements.some(({ scenario }) => scenario === name),
  );
  const cells = scenarios.flatMap((scenario) =>
    arms.flatMap((arm) => {
      const some = measurements.filter((one) => one.arm === arm && one.scenario === scenario);
      return some.length === 0 ? [] : [cellOf(arm, scenario, some)];
    }),
  );
  return {
    date: now.toISOString().slice(0, 10),
    app,
    machine,
    rounds: new Set(measurements.map(({ round }) => round)).size,
    distances,
    arms: Object.fromEntries(arms.map((arm) => [arm, ARMS[arm].title])),
    scenarios: Object.fromEntries(scenarios.map((name) => [name, SCENARIOS[name].title])),
    cells,
    comparisons: PAIRS.flatMap(({ one, other }) =>
      scenarios.flatMap((scenario) => compare(measurements, scenario, one, other) ?? []),
    ),
    measurements: [...measurements],
  };
}

function cellOf(arm: ArmName, scenario: ScenarioName, some: readonly Measurement[]): Cell {
  const median = (figure: (one: Measurement) => number): number => summarize(some.map(figure)).median;
  const names = Object.keys(some[0]?.traffic ?? {}) as Service[];
  const all = (one: Measurement, which: 'traffic' | 'afterTraffic') => names.map((name) => one[which][name]);
  const phases = [...new Set(some.flatMap((one) => Object.keys(one.phases)))];
  const starts = some.flatMap(({ startSeconds }) => startSeconds ?? []);
  return {
    ...{ arm, scenario },
    seconds: summarize(some.map(({ seconds }) => seconds)),
    phases: Object.fromEntries(phases.map((phase) => [phase, median((one) => one.phases[phase] ?? 0)])),
    afterSeconds: median((one) => one.afterSeconds),
    requests: median((one) => sum(all(one, 'traffic').map(({ requests }) => requests))),
    megabytesUp: median((one) => sum(all(one, 'traffic').map(({ bytesUp }) => bytesUp))) / 1e6,
    megabytesDown: median((one) => sum(all(one, 'traffic').map(({ bytesDown }) => bytesDown))) / 1e6,
    services: Object.fromEntries(
      names.map((name) => [
        name,
        {
          requests: median(({ traffic }) => traffic[name].requests),
          megabytesUp: median(({ traffic }) => traffic[name].bytesUp) / 1e6,
          megabytesDown: median(({ traffic }) => traffic[name].bytesDown) / 1e6,
        },
      ]),
    ) as Cell['services'],
    afterMegabytes:
      median((one) => sum(all(one, 'afterTraffic').map(({ bytesUp, bytesDown }) => bytesUp + bytesDown))) /
      1e6,
    ...(starts.length > 0 && { startSeconds: summarize(starts).median }),
  };
}

function sum(figures: readonly number[]): number {
  return figures.reduce((total, figure) => total + figure, 0);
}
