import { ApiError } from '../aws/api-error.ts';
import { type Budget, pause } from '../aws/budget.ts';
import type { AliasState, FunctionState, LambdaApi } from '../aws/lambda.ts';
import { DeployError } from '../errors.ts';
import { oneLine } from '../github/foreign-text.ts';
import { isBusy } from './find.ts';
import { shortDigest } from './plan.ts';
import { stateFailed, updateFailed } from './reasons.ts';

// Each change is a loop of: read what is true, stop if it is what we want, stop if somebody else changed it, else try
// with the RevisionId just read. So an answer that got lost, a 409 while another operation runs, a RevisionId that
// moved on by itself when an update ended, and a throttled call are all the same case: look again.

/** Somebody else deployed in the meantime; what they did is left as it is. */
export class Overtaken extends DeployError {}

/** What a change is made with. */
export interface Hands {
  lambda: LambdaApi;
  /** Unqualified. */
  functionName: string;
  budget: Budget;
}

/**
 * Sets the code of $LATEST and waits until the update has ended.
 * @param from digest that $LATEST must have before; another one is somebody else's deploy
 * @returns $LATEST after the update
 * @throws Overtaken; DeployError where the update fails; ApiError where the call is refused; OutOfTime
 */
export async function changeCode(
  hands: Hands,
  from: string,
  to: { uri: string; digest: string },
): Promise<FunctionState> {
  const before = await sendCode(hands, from, to);
  return await updateEnd(hands, before, from, to.digest);
}

/** @returns the RevisionId that the accepted change replaced; '' where waiting for another one is pointless */
async function sendCode(
  { lambda, functionName, budget }: Hands,
  from: string,
  to: { uri: string; digest: string },
): Promise<string> {
  let sentOn: string | undefined;
  for (let round = 0; ; round++) {
    const now = await existing({ lambda, functionName, budget });
    const ours = sentOn !== undefined && now.digest === to.digest && now.revisionId !== sentOn;
    if (ours) return sentOn ?? '';
    if (!isBusy(now)) {
      if (now.digest !== from) throw overtaken(now, to.digest);
      sentOn = now.revisionId;
      const answered = await attempt(budget, () =>
        lambda.updateCode(functionName, to.uri, now.revisionId, budget),
      );
      if (answered !== undefined) return answered === sentOn ? '' : sentOn;
    }
    await pause(budget, round);
  }
}

/**
 * Waits for the end of an update. Until Lambda has begun with it, the outcome of the update before can still be read:
 * it stands beside the RevisionId from before.
 */
async function updateEnd(hands: Hands, before: string, from: string, digest: string): Promise<FunctionState> {
  for (let round = 0; ; round++) {
    const now = await existing(hands);
    const begun = before === '' || now.revisionId !== before;
    hands.budget.waitingFor = `the update of $LATEST is ${begun ? now.lastUpdateStatus : 'not begun'}`;
    if (begun && !isBusy(now)) {
      if (now.lastUpdateStatus === 'Failed' && [from, digest].includes(now.digest)) throw updateFailed(now);
      if (now.digest !== digest) throw overtaken(now, digest);
      return now;
    }
    await pause(hands.budget, round);
  }
}

/**
 * $LATEST, after the end of an update to one of these digests; somebody else's update is not waited for.
 * @throws DeployError where the function is gone; ApiError; OutOfTime
 */
export async function latestOf(hands: Hands, digests: readonly string[]): Promise<FunctionState> {
  for (let round = 0; ; round++) {
    const now = await existing(hands);
    if (!isBusy(now) || !digests.includes(now.digest)) return now;
    hands.budget.waitingFor = `the update of $LATEST is ${now.lastUpdateStatus}`;
    await pause(hands.budget, round);
  }
}

/**
 * Publishes $LATEST, which must have this digest. Publishing the same again returns the same version, so a lost
 * answer is simply asked for again.
 * @returns the version's number
 * @throws Overtaken; ApiError; OutOfTime
 */
export async function publish(hands: Hands, digest: string): Promise<string> {
  const { lambda, functionName, budget } = hands;
  for (let round = 0; ; round++) {
    const now = await existing(hands);
    if (!isBusy(now)) {
      if (now.digest !== digest) throw overtaken(now, digest);
      const version = await attempt(budget, () =>
        lambda.publishVersion(functionName, now.codeSha256, now.revisionId, budget),
      );
      if (version !== undefined) return version;
    }
    await pause(budget, round);
  }
}

/**
 * Waits until a published version can be called. One that is Inactive can: the call wakes it.
 * @throws DeployError where it cannot run; ApiError; OutOfTime
 */
export async function versionReady(hands: Hands, version: string): Promise<FunctionState> {
  for (let round = 0; ; round++) {
    const now = await hands.lambda.getFunction(hands.functionName, hands.budget, version);
    if (now?.state === 'Failed') throw stateFailed(now);
    if (now && !isBusy(now)) return now;
    hands.budget.waitingFor = `version ${version} is ${now?.state ?? 'not to be found'}`;
    await pause(hands.budget, round);
  }
}

/** Where an alias points: a version and the weights of another one. */
export type Pointing = Pick<AliasState, 'version' | 'weights'>;

/**
 * Creates, moves or removes an alias.
 * @param from where it may point before (undefined: nowhere); elsewhere is somebody else's deploy
 * @param to where it shall point (undefined: it shall not exist)
 * @throws Overtaken; ApiError; OutOfTime
 */
export async function changeAlias(
  { lambda, functionName, budget }: Hands,
  alias: string,
  from: readonly (Pointing | undefined)[],
  to: Pointing | undefined,
): Promise<void> {
  let removed = false;
  for (let round = 0; ; round++) {
    const now = await lambda.getAlias(functionName, alias, budget).catch((error: unknown) => {
      // The removal was answered; where that cannot be looked at any more, the answer has to do.
      if (removed) return undefined;
      throw error;
    });
    if (samePointing(now, to)) return;
    if (!from.some((one) => samePointing(now, one))) throw aliasOvertaken(functionName, alias, now);
    const done = await attempt(budget, async () => {
      if (!to) await lambda.deleteAlias(functionName, alias, budget);
      else if (!now) await lambda.createAlias(functionName, alias, to.version, budget);
      else await lambda.updateAlias(functionName, alias, { ...to, revisionId: now.revisionId }, budget);
      // The answer to a removal is empty, so that it says nothing: looked at again.
      removed = to === undefined;
      return !removed;
    });
    if (done) return;
    await pause(budget, round);
  }
}

/** Whether both point at the same version with the same weights; undefined is an alias that does not exist. */
export function samePointing(a: Pointing | undefined, b: Pointing | undefined): boolean {
  if (!a || !b) return a === b;
  const text = ({ version, weights }: Pointing): string =>
    JSON.stringify([version, Object.entries(weights).sort()]);
  return text(a) === text(b);
}

/** The error for an alias that somebody else moved. */
export function aliasOvertaken(functionName: string, alias: string, now: Pointing | undefined): Overtaken {
  const what = now ? `moved it to version ${now.version}` : 'removed it';
  return new Overtaken(
    `Alias ${alias} of ${functionName}: somebody else ${what} meanwhile; that is left as it is.`,
    'Let one deploy of a function run at a time (`concurrency` of the workflow).',
  );
}

/** The error for code that somebody else put on $LATEST. */
export function overtaken(now: FunctionState, digest: string): Overtaken {
  return new Overtaken(
    `Function ${now.name}: somebody else deployed ${shortDigest(now.digest)} while ${shortDigest(digest)} was under way; theirs is left as it is.`,
    'Let one deploy of a function run at a time (`concurrency` of the workflow).',
  );
}

/** @returns undefined where it has to be looked at again whether the change was made @throws other ApiErrors */
export async function attempt<T>(budget: Budget, change: () => Promise<T>): Promise<T | undefined> {
  try {
    return await change();
  } catch (error) {
    if (!(error instanceof ApiError) || !['busy', 'stale', 'throttled', 'lost'].includes(error.kind))
      throw error;
    budget.waitingFor = `${error.operation}: ${oneLine(error.message)}`;
    return undefined;
  }
}

async function existing({ lambda, functionName, budget }: Hands): Promise<FunctionState> {
  const now = await lambda.getFunction(functionName, budget);
  if (now) return now;
  throw new DeployError(`Function ${functionName} was removed while it was being deployed to.`);
}
