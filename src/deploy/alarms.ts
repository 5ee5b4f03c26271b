import { Budget } from '../aws/budget.ts';
import type { AlarmApi } from '../aws/cloudwatch.ts';
import { DeployError } from '../errors.ts';
import { oneLine } from '../github/foreign-text.ts';

/** How long CloudWatch may leave one look without an answer, in milliseconds. */
const LOOK_MS = 60_000;

/**
 * Looks at the alarms once. INSUFFICIENT_DATA is no alarm: a new version has few calls at first.
 * @param when the end of a sentence: `before the deploy`
 * @throws DeployError where one is in ALARM or does not exist; ApiError or OutOfTime where CloudWatch does not say,
 *   since an alarm that nobody sees protects nobody
 */
export async function checkAlarms(
  names: readonly string[],
  api: AlarmApi,
  when: string,
  signal?: AbortSignal,
): Promise<void> {
  const budget = new Budget(LOOK_MS, signal);
  budget.waitingFor = 'CloudWatch does not say how the alarms stand';
  const states = await api.states(names, budget);
  const missing = names.filter((name) => !states.has(name));
  if (missing.length > 0)
    throw new DeployError(
      `CloudWatch has no alarm ${missing.map((name) => JSON.stringify(name)).join(', ')} in this account and Region.`,
      'Check `alarms`.',
    );
  for (const name of names) {
    const { state, reason } = states.get(name) ?? { state: '', reason: '' };
    if (state !== 'ALARM') continue;
    throw new DeployError(
      `CloudWatch alarm ${JSON.stringify(name)} is in ALARM ${when}: ${oneLine(reason)}`,
      "See the alarm and the function's log; to deploy although it is in ALARM leave it out of `alarms`.",
    );
  }
}
