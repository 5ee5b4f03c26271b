import { describe, expect, it } from 'vitest';
import { formatBytes, formatCount, formatMs } from '../src/format.ts';

describe('figures', () => {
  it.each<[number, string]>([
    [0, '0 ms'],
    [999, '999 ms'],
    [1000, '1.0 s'],
    [59_940, '59.9 s'],
    [125_000, '2 min 05 s'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatMs(ms)).toBe(text);
  });

  it('counts in decimal megabytes', () => {
    expect(formatBytes(74_340_000)).toBe('74.3 MB');
  });

  it('counts one and many', () => {
    expect([formatCount(1, 'layer'), formatCount(0, 'layer')]).toEqual(['1 layer', '0 layers']);
  });
});
