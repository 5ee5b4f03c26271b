/*
 * Lets this process live faster: `node --import ./test/deploy/faults/fast-clock.ts` with CLOCK_SPEED=50 makes ten
 * seconds last 200 ms, for the waits of the deploy and of the local AWS alike, so that every time limit is reached as
 * in life and nobody waits for it. Wall-clock time (Date) stays, since requests are signed by it.
 */
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';

/** How many milliseconds pass in one. */
export const SPEED = Number(process.env.CLOCK_SPEED ?? 50);

const sleep = timers.setTimeout;
timers.setTimeout = (ms, value, options) => sleep((ms ?? 0) / SPEED, value, options);
syncBuiltinESMExports();

const { now } = performance;
const start = now.call(performance);
performance.now = () => start + (now.call(performance) - start) * SPEED;

const { timeout } = AbortSignal;
AbortSignal.timeout = (ms) => timeout.call(AbortSignal, Math.ceil(ms / SPEED));
