import { setTimeout as sleep } from 'node:timers/promises';

/** The time that some work may take. */
export class Budget {
  readonly totalMs: number;
  /** What is being waited for, for the error when the time is over: `$LATEST is InProgress`. */
  waitingFor = '';
  private end: number;

  /** @param totalMs milliseconds from now */
  constructor(totalMs: number) {
    this.totalMs = totalMs;
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
 * jobs that started together do not ask together.
 * @param round 0 for the first wait
 * @throws OutOfTime where nothing of the budget is left
 */
export async function pause(budget: Budget, round: number, longestMs = 1_000): Promise<void> {
  const left = budget.leftMs();
  if (left === 0) throw new OutOfTime(budget);
  const ms = Math.min(longestMs, 100 * 2 ** Math.min(round, 10)) * (0.75 + Math.random() / 2);
  await sleep(Math.min(ms, left));
}

/**
 * The result of `work`, or an error after `ms`. The work is told by the signal, and left alone where it does not
 * listen: nothing that an API does may hold a deploy up.
 * @throws Error named `TimeoutError` when the time is over
 */
export async function within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(Math.max(1, Math.round(ms)));
  const over = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      const error = new Error(`no answer within ${Math.round(ms / 100) / 10} s`);
      error.name = 'TimeoutError';
      reject(error);
    });
  });
  return await Promise.race([work(signal), over]);
}
