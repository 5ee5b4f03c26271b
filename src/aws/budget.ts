import { setTimeout as sleep } from 'node:timers/promises';

/** The time that some work may take. */
export class Budget {
  readonly totalMs: number;
  /** What is being waited for, for the error when the time is over: `$LATEST is InProgress`. */
  waitingFor = '';
  /** Aborted when the work is to stop early; its reason is the error to stop with. */
  readonly signal: AbortSignal | undefined;
  private end: number;

  /** @param totalMs milliseconds from now */
  constructor(totalMs: number, signal?: AbortSignal) {
    this.totalMs = totalMs;
    this.signal = signal;
    this.end = performance.now() + totalMs;
  }

  /** Milliseconds left; 0 when it is used up. */
  leftMs(): number {
    return Math.max(0, Math.round(this.end - performance.now()));
  }

  /** Runs `work` without counting its time: for what has a budget of its own. */
  async besides<T>(work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.end += performance.now() - start;
    }
  }
}

/** A budget is used up. */
export class OutOfTime extends Error {
  override readonly name = 'OutOfTime';

  constructor(budget: Budget) {
    const what = budget.waitingFor === '' ? '' : `: ${budget.waitingFor}`;
    super(`not done within ${Math.round(budget.totalMs / 100) / 10} s${what}`);
  }
}

/**
 * Waits before the next look or try: 0.1 s at first, doubling up to `longestMs`, each a quarter more or less so that
 * jobs that started together do not ask together. Changes are tried again by this and not by the SDK's adaptive mode:
 * that one repeats a request without a look at what became of it, keeps its own time beside the budget, and slows down
 * every other call of the client.
 * @param round 0 for the first wait
 * @throws OutOfTime where nothing of the budget is left; the reason of its signal
 */
export async function pause(budget: Budget, round: number, longestMs = 1_000): Promise<void> {
  const left = budget.leftMs();
  if (left === 0) throw new OutOfTime(budget);
  const ms = Math.min(longestMs, 100 * 2 ** Math.min(round, 10)) * (0.75 + Math.random() / 2);
  await nap(Math.min(ms, left), budget.signal);
}

/**
 * Sleeps.
 * @throws the reason of the signal as soon as it is aborted
 */
export async function nap(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, signal && { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/**
 * The result of `work`, or an error after `ms`. The work is told by the signal, and left alone where it does not
 * listen: nothing that an API does may hold a deploy up.
 * @param stop ends it early
 * @throws Error named `TimeoutError` when the time is over; the reason of `stop`
 */
export async function within<T>(
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
  stop?: AbortSignal,
): Promise<T> {
  stop?.throwIfAborted();
  const timeout = AbortSignal.timeout(Math.max(1, Math.round(ms)));
  const signal = stop ? AbortSignal.any([timeout, stop]) : timeout;
  const over = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      if (stop?.aborted) return reject(stop.reason);
      const error = new Error(`no answer within ${Math.round(ms / 100) / 10} s`);
      error.name = 'TimeoutError';
      reject(error);
    });
  });
  return await Promise.race([work(signal), over]);
}
