import type { ArmName } from '../../bench/pipeline/arms.ts';
import type { Measurement } from '../../bench/pipeline/rounds.ts';
import type { ScenarioName } from '../../bench/pipeline/scenarios.ts';

/** A measurement with one request of a byte up and a megabyte down to each service. */
export function measurement(
  arm: ArmName,
  scenario: ScenarioName,
  round: number,
  seconds: number,
): Measurement {
  const one = { requests: 1, bytesUp: 1, bytesDown: 1_000_000 };
  const traffic = { cache: one, ecr: one, hub: one, npm: one, pypi: one, aws: one };
  return { arm, scenario, round, seconds, phases: {}, afterSeconds: 0, traffic, afterTraffic: traffic };
}
