import { checkAlarms } from './alarms.ts';
import type { Pointing } from './change.ts';
import type { Check } from './clock.ts';
import { percent } from './plan.ts';
import type { Probe } from './probe.ts';
import type { Context } from './tools.ts';

/** How often alias and alarms are looked at while a weight is held. */
const WATCH_MS = 10_000;
/** How often the versions are tested while a weight is held: seldom enough to be no load. */
const PROBE_MS = 30_000;

/**
 * What is watched while an alias shares its traffic.
 * @param pointing where the alias points, with the weight of the new version
 * @param version the new version
 */
export function shiftChecks(
  probe: Probe,
  { inputs, tools }: Context,
  pointing: Pointing,
  version: string,
): Check[] {
  const weight = percent(pointing.weights[version] ?? 0);
  const alarms: Check = {
    everyMs: WATCH_MS,
    run: async () =>
      await checkAlarms(
        inputs.alarms,
        await tools.alarms(),
        `while version ${version} had ${weight} of the traffic`,
        tools.signal,
      ),
  };
  return [
    ...(inputs.alarms.length > 0 ? [alarms] : []),
    { everyMs: WATCH_MS, run: () => probe.aliasStands(pointing) },
    {
      everyMs: PROBE_MS,
      run: async () => {
        await probe.version(version);
        await probe.alias(pointing, version);
      },
    },
  ];
}
