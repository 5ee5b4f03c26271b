import type { Budget } from '../aws/budget.ts';
import type { LambdaApi } from '../aws/lambda.ts';
import { DeployError, describeError } from '../errors.ts';
import * as core from '../github/core.ts';
import type { Log } from '../github/log.ts';
import { changeAlias, changeCode, latestOf, Overtaken, type Pointing, samePointing } from './change.ts';
import { latestRuns, shortDigest } from './plan.ts';
import { apiFailure } from './reasons.ts';

/** All that is needed to put one function back, by this process or by the post step after it was killed. */
export interface RestorePoint {
  /** Unqualified ARN. */
  functionArn: string;
  name: string;
  /** The image being deployed. */
  digest: string;
  /** What `$LATEST` had before; null where it is not to be put back. */
  latest: { uri: string; digest: string } | null;
  /**
   * The alias, where it was (null: nowhere) and where this deploy puts it, one after the other; null where no alias
   * is moved.
   */
  alias: {
    name: string;
    before: Pointing | null;
    ours: Pointing[];
    /** Where it is left although this deploy has put it there (without `rollback`); null: nowhere. */
    stays: Pointing | null;
  } | null;
}

/**
 * How one part of a function stands afterwards: `kept`: it was not to be put back; `back`: as it was before;
 * `theirs`: somebody else has changed it since, which stays; `stuck`: it could not be put back.
 */
export type PartState = 'kept' | 'back' | 'theirs' | 'stuck';

/** What putting back came to. */
export interface Restored {
  alias: PartState;
  latest: PartState;
  /** What was done and found, in sentences. */
  said: string[];
  /** What could not be done, in sentences. */
  problems: string[];
}

interface RestoreTools {
  lambda: LambdaApi;
  log: Log;
}

/**
 * Puts a function back as it was. It touches only what is still as this deploy left it: what somebody else has
 * deployed since stays. Users first: the alias, then `$LATEST`.
 */
export async function restore(point: RestorePoint, tools: RestoreTools, budget: Budget): Promise<Restored> {
  const said: string[] = [];
  const problems: string[] = [];
  const guard = async (title: string, work: () => Promise<PartState>): Promise<PartState> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Overtaken) {
        said.push(error.message);
        return 'theirs';
      }
      const reason = describeError(apiFailure(error, `Function ${point.name}`));
      problems.push(`${title} was not put back: ${reason}`);
      return 'stuck';
    }
  };
  const alias = await guard(`Alias ${point.alias?.name}`, () => restoreAlias(point, tools, budget, said));
  const latest = await guard('$LATEST', () => restoreLatest(point, tools, budget, said));
  return { alias, latest, said, problems };
}

async function restoreAlias(
  { functionArn, name, alias }: RestorePoint,
  { lambda }: RestoreTools,
  budget: Budget,
  said: string[],
): Promise<PartState> {
  if (!alias) return 'kept';
  const before = alias.before ?? undefined;
  const now = await lambda.getAlias(functionArn, alias.name, budget);
  if (samePointing(now, before)) return 'back';
  if (alias.stays && samePointing(now, alias.stays)) return 'kept';
  await changeAlias({ lambda, functionName: functionArn, budget }, alias.name, alias.ours, before);
  said.push(
    before
      ? `Alias ${alias.name} of ${name} is back at version ${before.version}${weightsNote(before)}.`
      : `Alias ${alias.name} of ${name} is removed again.`,
  );
  return 'back';
}

async function restoreLatest(
  { functionArn, name, latest, digest }: RestorePoint,
  { lambda, log }: RestoreTools,
  budget: Budget,
  said: string[],
): Promise<PartState> {
  if (!latest) return 'kept';
  const hands = { lambda, functionName: functionArn, budget };
  for (let tries = 1; ; tries++) {
    const now = await latestOf(hands, [digest, latest.digest]);
    // After an update that failed Lambda shows the image that was wanted, while the one before goes on serving.
    if (latestRuns(now, latest.digest)) return 'back';
    if (now.digest !== digest && now.digest !== latest.digest) {
      said.push(`$LATEST of ${name} is somebody else's by now and left as it is.`);
      return 'theirs';
    }
    log.info(`${name}: putting ${shortDigest(latest.digest)} back on $LATEST.`);
    try {
      await changeCode(hands, now.digest, latest);
      said.push(`$LATEST of ${name} is back on ${shortDigest(latest.digest)}.`);
      return 'back';
    } catch (error) {
      // Users have the image that failed until this is done, so what failed once is tried once more.
      const again = error instanceof DeployError && !(error instanceof Overtaken) && tries === 1;
      if (!again) throw error;
      log.info(describeError(error));
    }
  }
}

function weightsNote({ weights }: Pointing): string {
  return Object.keys(weights).length > 0 ? ' with the weights it had' : '';
}

const STATE = 'restore';

/** Keeps restore points in the step's state, which the runner hands to the post step whatever becomes of main. */
export class RestorePoints {
  readonly #points = new Map<string, RestorePoint>();

  /** Saves a point, before the change that it undoes. */
  keep(point: RestorePoint): void {
    this.#points.set(point.functionArn, point);
    this.#save();
  }

  /** Whether a point of this function is kept. */
  has(functionArn: string): boolean {
    return this.#points.has(functionArn);
  }

  /** Forgets a point: the deploy succeeded, or the function is put back. */
  drop(functionArn: string): void {
    if (this.#points.delete(functionArn)) this.#save();
  }

  #save(): void {
    core.saveState(STATE, JSON.stringify([...this.#points.values()]));
  }
}

/** The points that main left behind; empty where it ended in order. */
export function savedPoints(): RestorePoint[] {
  const text = core.getState(STATE);
  return text === '' ? [] : (JSON.parse(text) as RestorePoint[]);
}
