import { describe, expect, it } from 'vitest';
import { compare } from '../../bench/pipeline/comparison.ts';
import { seededRandom } from '../../bench/pipeline/random.ts';
import { rotated, summarize } from '../../bench/pipeline/statistics.ts';
import { measurement } from './measurements.ts';

describe('summarize', () => {
  it('takes the middle of an odd number of figures, whatever their order', () => {
    expect(summarize([9, 1, 5])).toEqual({ median: 5, low: 3, high: 7, min: 1, max: 9, count: 3 });
  });

  it('interpolates where no figure is in the middle', () => {
    expect(summarize([4, 1, 2, 3])).toMatchObject({ median: 2.5, low: 1.75, high: 3.25 });
  });

  it('is that figure where there is one', () => {
    expect(summarize([2])).toMatchObject({ median: 2, low: 2, high: 2, count: 1 });
  });

  it('refuses to summarize nothing', () => {
    expect(() => summarize([])).toThrow(RangeError);
  });
});

describe('rotated', () => {
  it('lets each arm begin in turn', () => {
    expect([0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join(''))).toEqual([
      'abc',
      'bca',
      'cab',
      'abc',
    ]);
  });
});

describe('compare', () => {
  const measurements = [
    measurement('ours', 'cold', 0, 10),
    measurement('again', 'cold', 0, 11),
    measurement('ours', 'cold', 1, 40),
    measurement('again', 'cold', 1, 38),
    measurement('again', 'cold', 2, 99),
    measurement('again', 'source', 0, 7),
  ];

  it('pairs what ran in the same round and leaves out what has no pair', () => {
    expect(compare(measurements, 'cold', 'again', 'ours')).toMatchObject({
      seconds: { median: -0.5, min: -2, max: 1, count: 2 },
      ratio: { median: 1.025, min: 0.95, max: 1.1 },
    });
  });

  it('is undefined where there is no pair', () => {
    expect(compare(measurements, 'source', 'again', 'ours')).toBeUndefined();
  });
});

describe('seededRandom', () => {
  it('repeats itself with the same seed only, and stays below 1', () => {
    const take = (seed: number) => Array.from({ length: 1000 }, seededRandom(seed));
    expect(take(1)).toEqual(take(1));
    expect(take(1)).not.toEqual(take(2));
    expect(Math.min(...take(1))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...take(1))).toBeLessThan(1);
    const mean = take(3).reduce((sum, one) => sum + one, 0) / 1000;
    expect(mean).toBeGreaterThan(0.45);
    expect(mean).toBeLessThan(0.55);
  });
});
