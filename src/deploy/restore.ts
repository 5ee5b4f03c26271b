import * as core from '@actions/core';
import type { Budget } from '../aws/budget.ts';
import type { LambdaApi } from '../aws/lambda.ts';
import { describeError } from '../errors.ts';
import type { Log } from '../github/log.ts';
import { changeAlias, changeCode, Overtaken, type Pointing, samePointing } from './change.ts';
import { shortDigest } from './plan.ts';
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
  /** The alias, where it was (null: nowhere) and where it is being moved; null where no alias is moved. */
  alias: { name: string; before: Pointing | null; ours: Pointing } | null;
}

/** What putting back came to; sentences without a subject line of their own. */
export interface Restored {
  done: string[];
  problems: string[];
}

/**
 * Puts a function back as it was. It touches only what is still as this deploy left it: what somebody else has
 * deployed since stays. Users first: the alias, then `$LATEST`.
 */
export async function restore(
  point: RestorePoint,
  tools: { lambda: LambdaApi; log: Log },
  budget: Budget,
): Promise<Restored> {
  const result: Restored = { done: [], problems: [] };
  const parts = [
    {
      title: point.alias ? `alias ${point.alias.name}` : 'alias',
      work: () => restoreAlias(point, tools, budget),
    },
    { title: '$LATEST', work: () => restoreLatest(point, tools, budget) },
  ];
  for (const { title, work } of parts) {
    try {
      const said = await work();
      if (said !== '') result.done.push(said);
    } catch (error) {
      if (error instanceof Overtaken) result.done.push(error.message);
      else
        result.problems.push(
          `${title} was not put back: ${describeError(apiFailure(error, `Function ${point.name}`))}`,
        );
    }
  }
  return result;
}

async function restoreAlias(
  { functionArn, name, alias }: RestorePoint,
  { lambda }: { lambda: LambdaApi },
  budget: Budget,
): Promise<string> {
  if (!alias) return '';
  const before = alias.before ?? undefined;
  const now = await lambda.getAlias(functionArn, alias.name, budget);
  if (samePointing(now, before)) return '';
  await changeAlias({ lambda, functionName: functionArn, budget }, alias.name, alias.ours, before);
  return before
    ? `Alias ${alias.name} of ${name} is back at version ${before.version}${weightsNote(before)}.`
    : `Alias ${alias.name} of ${name} is removed again.`;
}

async function restoreLatest(
  { functionArn, name, latest, digest }: RestorePoint,
  { lambda, log }: { lambda: LambdaApi; log: Log },
  budget: Budget,
): Promise<string> {
  if (!latest) return '';
  const now = await lambda.getFunction(functionArn, budget);
  // Never got there, or somebody else's already.
  if (now?.digest !== digest) return '';
  log.info(`${name}: putting ${shortDigest(latest.digest)} back on $LATEST.`);
  await changeCode({ lambda, functionName: functionArn, budget }, digest, latest);
  return `$LATEST of ${name} is back on ${shortDigest(latest.digest)}.`;
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
