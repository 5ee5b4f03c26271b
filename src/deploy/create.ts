import { ApiError } from '../aws/api-error.ts';
import { Budget, pause } from '../aws/budget.ts';
import type { NewFunction } from '../aws/lambda.ts';
import { aliasOvertaken, attempt, type Hands, Overtaken, overtaken } from './change.ts';
import type { CreateInputs } from './create-inputs.ts';
import { isBusy } from './find.ts';
import type { Found, Plan, Step, Target, Wanted } from './plan.ts';
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
 * @param say is told that the function stays, also where it may have been created and nobody can see it
 * @throws Overtaken where somebody else created it from another image; DeployError where it cannot run; ApiError;
 *   OutOfTime
 */
export async function createFunction(
  hands: Hands,
  target: Target,
  create: CreateInputs,
  say: (sentence: string) => void,
): Promise<void> {
  let [sent, seen] = [false, false];
  const name = hands.functionName;
  try {
    await untilReady(hands, target, create, {
      sent: () => {
        sent = true;
      },
      seen: () => {
        if (sent && !seen) say(`Function ${name} is created; it stays, whatever becomes of this deploy.`);
        seen = true;
      },
    });
  } catch (error) {
    if (sent && !seen && !(error instanceof Overtaken))
      say(`Function ${name} may have been created all the same; then it stays.`);
    throw error;
  }
}

async function untilReady(
  hands: Hands,
  target: Target,
  create: CreateInputs,
  note: { sent(): void; seen(): void },
): Promise<void> {
  const { lambda, functionName, budget } = hands;
  const architecture = create.architecture || (target.architecture === 'arm64' ? 'arm64' : 'amd64');
  const settings = { ...create, architecture, imageUri: target.uri };
  const role = new Budget(ROLE_MS);
  for (let round = 0; ; round++) {
    const now = await lambda.getFunction(functionName, budget);
    if (now) {
      if (now.digest !== target.digest) throw overtaken(now, target.digest);
      note.seen();
      if (now.state === 'Failed') throw stateFailed(now);
      if (!isBusy(now)) return;
      budget.waitingFor = `the new function is ${now.state}`;
    } else if (await send(hands, settings, role)) note.sent();
    await pause(budget, round);
  }
}

/**
 * @param role how long a role that is too young is waited for
 * @returns whether the function may have been made: also where no answer came
 */
async function send(
  { lambda, functionName, budget }: Hands,
  settings: NewFunction,
  role: Budget,
): Promise<boolean> {
  try {
    await attempt(budget, () => lambda.createFunction(functionName, settings, budget));
    return true;
  } catch (error) {
    const young = error instanceof ApiError && /role .*cannot be assumed/i.test(error.message);
    if (!young || role.leftMs() === 0) throw error;
    budget.waitingFor = error.message;
    return false;
  }
}

/**
 * A new function has no history: what is on it beside our image is somebody else's deploy of the last moment.
 * @throws Overtaken
 */
export function checkStillOurs({ latest, alias }: Found, { digest }: Target, aliasName: string): void {
  if (latest.digest !== digest) throw overtaken(latest, digest);
  if (alias && alias.digest !== digest) throw aliasOvertaken(latest.name, aliasName, alias);
}
