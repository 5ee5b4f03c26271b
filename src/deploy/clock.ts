import { nap } from '../aws/budget.ts';

/** The time as holds see it, so that a test of minutes takes none. */
export interface Clock {
  /** Milliseconds from some moment on. */
  now(): number;
  /** Sleeps so many milliseconds. @throws the reason of the signal as soon as it is aborted */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The time of this machine. */
export const realClock: Clock = { now: () => performance.now(), sleep: nap };

/** Something that is looked at during a hold. */
export interface Check {
  everyMs: number;
  /** Throws where the hold must end. */
  run(): Promise<void>;
}

/**
 * Waits while every check keeps passing: each runs at the start, then every `everyMs`, and once more at the end.
 * @param holdMs milliseconds
 * @throws whatever a check throws; the reason of the signal
 */
export async function hold(
  holdMs: number,
  checks: readonly Check[],
  clock: Clock,
  signal?: AbortSignal,
): Promise<void> {
  const start = clock.now();
  const due = checks.map(() => start);
  for (;;) {
    signal?.throwIfAborted();
    const now = clock.now();
    const last = now >= start + holdMs;
    for (const [index, check] of checks.entries()) {
      if (!last && now < (due[index] ?? 0)) continue;
      await check.run();
      due[index] = now + check.everyMs;
    }
    if (last) return;
    const wait = Math.min(start + holdMs, ...due) - clock.now();
    if (wait > 0) await clock.sleep(wait, signal);
  }
}
