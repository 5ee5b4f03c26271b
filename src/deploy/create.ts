import { ApiError } from '../aws/api-error.ts';
import { Budget, pause } from '../aws/budget.ts';
import type { FunctionState } from '../aws/lambda.ts';
import { attempt, type Hands, overtaken } from './change.ts';
import type { CreateInputs } from './create-inputs.ts';
import { isBusy } from './find.ts';
import type { Plan, Step, Target, Wanted } from './plan.ts';
import { stateFailed } from './reasons.ts';

/** A role that was made a moment ago cannot be assumed everywhere yet. */
const ROLE_MS = 30_000;

/** The plan for a function that does not exist: created, it is deployed to like any other. */
export function planCreate(functionName: string, wanted: Wanted): Plan {
  const smoke = (target: 'version' | 'alias' | 'latest'): Step[] =>
    wanted.smoke ? [{ do: 'smoke', target }] : [];
  const aliased: Step[] = [{ do: 'publish' }, ...smoke('version'), { do: 'create-alias' }, ...smoke('alias')];
  return {
    kind: 'create',
    reason: `Function ${functionName} does not exist`,
    steps: [{ do: 'create' }, ...(wanted.alias === '' ? smoke('latest') : aliased)],
  };
}

/**
 * Creates the function and waits until it can run.
 * @throws Overtaken where somebody else created it from another image; DeployError where it cannot run; ApiError;
 *   OutOfTime
 */
export async function createFunction(
  { lambda, functionName, budget }: Hands,
  target: Target,
  create: CreateInputs,
): Promise<void> {
  const architecture = create.architecture || (target.architecture === 'arm64' ? 'arm64' : 'amd64');
  const settings = { ...create, architecture, imageUri: target.uri };
  const role = new Budget(ROLE_MS);
  for (let round = 0; ; round++) {
    const now: FunctionState | undefined = await lambda.getFunction(functionName, budget);
    if (now?.state === 'Failed') throw stateFailed(now);
    if (now && now.digest !== target.digest) throw overtaken(now, target.digest);
    if (now && !isBusy(now)) return;
    if (now) budget.waitingFor = `the new function is ${now.state}`;
    else
      await attempt(budget, () => lambda.createFunction(functionName, settings, budget)).catch((error) => {
        const young = error instanceof ApiError && /role .*cannot be assumed/i.test(error.message);
        if (!young || role.leftMs() === 0) throw error;
        budget.waitingFor = error.message;
      });
    await pause(budget, round);
  }
}
