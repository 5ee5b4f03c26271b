import { describe, expect, it } from 'vitest';
import { type Clock, hold } from '../../src/deploy/clock.ts';

/** Hours pass at once. */
function fakeClock(): Clock & { at: number } {
  const clock = {
    at: 0,
    now: () => clock.at,
    sleep: async (ms: number) => {
      clock.at += ms;
    },
  };
  return clock;
}

describe('hold', () => {
  it('looks at the start, in between, and at the end', async () => {
    const clock = fakeClock();
    const seen: number[] = [];
    const look = { everyMs: 10_000, run: async () => void seen.push(clock.at) };
    await hold(25_000, [look], clock);
    expect(seen).toEqual([0, 10_000, 20_000, 25_000]);
    expect(clock.at).toBe(25_000);
  });

  it('gives each check its own rhythm, and looks at the end after a check that took long', async () => {
    const clock = fakeClock();
    const seen: string[] = [];
    const quick = { everyMs: 10_000, run: async () => void seen.push(`quick ${clock.at}`) };
    const slow = {
      everyMs: 30_000,
      run: async () => {
        seen.push(`slow ${clock.at}`);
        clock.at += 35_000;
      },
    };
    await hold(60_000, [quick, slow], clock);
    expect(seen).toEqual(['quick 0', 'slow 0', 'quick 35000', 'slow 35000', 'quick 70000', 'slow 70000']);
  });

  it('ends with the first check that fails, and with the signal', async () => {
    const clock = fakeClock();
    const failing = {
      everyMs: 1_000,
      run: async () => {
        if (clock.at >= 3_000) throw new Error('in ALARM');
      },
    };
    await expect(hold(60_000, [failing], clock)).rejects.toThrow('in ALARM');
    expect(clock.at).toBe(3_000);
    const stop = new AbortController();
    stop.abort(new Error('cancelled'));
    await expect(hold(60_000, [], clock, stop.signal)).rejects.toThrow('cancelled');
  });
});
