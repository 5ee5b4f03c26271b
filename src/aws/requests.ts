import { ApiError, apiError } from './api-error.ts';
import { type Budget, OutOfTime, pause, within } from './budget.ts';

/** One request waits this long at most; the budget of the caller bounds it further. */
const REQUEST_MS = 10_000;
/** How often a read that gets no answer is sent; a throttled one is sent until the budget ends. */
const READ_TRIES = 5;

/** One request to an AWS API. The signal ends it. */
export type Request<T> = (signal: AbortSignal) => Promise<T>;

/**
 * Sends a request once.
 * @param operation the action that a policy has to allow: `lambda:GetFunction`
 * @param stop ends it early
 * @throws ApiError; the reason of `stop`
 */
export async function once<T>(
  operation: string,
  ms: number,
  work: Request<T>,
  stop?: AbortSignal,
): Promise<T> {
  try {
    return await within(ms, work, stop);
  } catch (error) {
    stop?.throwIfAborted();
    throw apiError(operation, error);
  }
}

/**
 * Sends a change once, because only the caller can tell from a new read whether a change without an answer was made.
 * One that is on its way is not given up when the budget's signal comes: its outcome must be known before it is undone.
 * @throws ApiError; OutOfTime; the reason of the budget's signal where it came before the request
 */
export async function change<T>(operation: string, budget: Budget, work: Request<T>): Promise<T> {
  budget.signal?.throwIfAborted();
  return await once(operation, timeFor(budget), work);
}

/**
 * Sends a read until it is answered.
 * @returns undefined where there is no such thing
 * @throws ApiError; OutOfTime; the reason of the budget's signal
 */
export async function read<T>(operation: string, budget: Budget, work: Request<T>): Promise<T | undefined> {
  for (let tries = 1; ; tries++) {
    try {
      return await once(operation, timeFor(budget), work, budget.signal);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.kind === 'absent') return undefined;
      const again = error.kind === 'throttled' || (error.kind === 'lost' && tries < READ_TRIES);
      if (!again) throw error;
      await pause(budget, tries, 5_000);
    }
  }
}

function timeFor(budget: Budget): number {
  const left = budget.leftMs();
  if (left === 0) throw new OutOfTime(budget);
  return Math.min(REQUEST_MS, left);
}
