import type { ArmName } from './arms.ts';
import type { Measurement } from './rounds.ts';
import type { ScenarioName } from './scenarios.ts';
import { type Summary, summarize } from './statistics.ts';

/** How an arm did against another one, over the rounds in which both ran. */
export interface Comparison {
  scenario: ScenarioName;
  one: ArmName;
  other: ArmName;
  /** Seconds of the one less those of the other in the same round. */
  seconds: Summary;
  /** Seconds of the one by those of the other in the same round. */
  ratio: Summary;
}

/** The comparisons that tell something, each with what. */
export const PAIRS: readonly { title: string; one: ArmName; other: ArmName }[] = [
  { title: 'Noise: this action again against this action', one: 'again', other: 'ours' },
  { title: 'Own time: this action against Buildx alone', one: 'ours', other: 'bare' },
  { title: 'Gain: setup-buildx + build-push against this action', one: 'chain', other: 'ours' },
];

/**
 * Compares two arms in one scenario, round by round, so that what moved the whole machine in a round moves no figure.
 * @returns undefined where no round has both
 */
export function compare(
  measurements: readonly Measurement[],
  scenario: ScenarioName,
  one: ArmName,
  other: ArmName,
): Comparison | undefined {
  const of = (arm: ArmName) =>
    measurements.filter((measurement) => measurement.arm === arm && measurement.scenario === scenario);
  const others = new Map(of(other).map(({ round, seconds }) => [round, seconds]));
  const pairs = of(one).flatMap(({ round, seconds }) => {
    const against = others.get(round);
    return against === undefined ? [] : [{ seconds, against }];
  });
  if (pairs.length === 0) return undefined;
  return {
    ...{ scenario, one, other },
    seconds: summarize(pairs.map(({ seconds, against }) => seconds - against)),
    ratio: summarize(pairs.map(({ seconds, against }) => seconds / against)),
  };
}
