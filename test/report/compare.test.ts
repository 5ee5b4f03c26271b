import { expect, test } from 'vitest';
import type { RunRecord } from '../../src/record.ts';
import { compare } from '../../src/report/compare.ts';
import { measure } from '../../src/report/noise.ts';
import { phases, totalMs } from '../../src/report/phases.ts';
import { base, deployed } from './records.ts';

const floor = { absolute: 100, share: 0.05 };
const change = (run: RunRecord, name: string, runs = base) =>
  compare(run, runs).times.find((row) => row.name === name)?.measure.change;

test.each([
  [1000, [990, 1000, 1010], 'same'],
  [1090, [990, 1000, 1010], 'same'],
  [1110, [990, 1000, 1010], 'more'],
  [890, [990, 1000, 1010], 'less'],
  // One odd run does not widen the noise, but what lies within it is no news.
  [1200, [990, 1000, 1010, 1300, 1005], 'same'],
  [1400, [990, 1000, 1010, 1300, 1005], 'more'],
  [5000, [1000], 'unknown'],
  [5000, [], 'unknown'],
])('%d against %j is %s', (value, values, expected) => {
  expect(measure(value, values, floor).change).toBe(expected);
});

test('phases together are the time at work; what lies between build and deploy is not', () => {
  const run = deployed();
  const before = totalMs(phases(run));
  for (const step of run.steps.filter(({ name }) => name.startsWith('deploy'))) {
    step.start = new Date(Date.parse(step.start) + 3_600_000).toISOString();
    step.end = new Date(Date.parse(step.end) + 3_600_000).toISOString();
  }
  expect(totalMs(phases(run))).toBe(before);
  expect(phases(run).smoke).toBe(960);
});

test('a slower phase is found, and the others are left alone', () => {
  const run = deployed({ hour: 9, update: 20_000 });
  expect(change(run, 'deploy')).toBe('more');
  expect(change(run, 'build')).toBe('same');
  expect(change(run, 'total')).toBe('more');
});

test('a pull request that only builds is compared with the build of a branch that deploys', () => {
  const run = deployed({ hour: 9, install: 9_000 });
  run.steps = run.steps.filter(({ name }) => !name.startsWith('deploy'));
  delete run.deploy;
  run.result = 'built';
  const total = compare(run, base).times.find(({ name }) => name === 'total')?.measure;
  expect(total?.change).toBe('more');
  expect((total?.value ?? 0) - (total?.base?.median ?? 0)).toBe(9_040);
});

test('like with like: failed runs and reused images are no base of a build', () => {
  const failed = base.map((run) => ({ ...run, result: 'failed' as const }));
  expect(compare(deployed(), failed)).toMatchObject({
    runs: 0,
    note: expect.stringContaining('nothing to compare'),
  });
  const reused = base.map((run) => ({ ...run, build: { ...run.build, result: 'reused' } }) as RunRecord);
  expect(change(deployed({ install: 60_000 }), 'build', reused)).toBe('unknown');
  expect(compare(deployed(), reused).note).toContain('none did the same work');
});

test('with one base run nothing is called a change', () => {
  const comparison = compare(deployed({ install: 60_000 }), base.slice(0, 1));
  expect(comparison.note).toContain('Only one run');
  expect(comparison.times.every(({ measure: { change: one } }) => one === 'unknown')).toBe(true);
});

test('size is compared with the newest base run, layer by layer', () => {
  const newest = deployed({ hour: 7, modules: 12_000_000 });
  const { image, layers } = compare(deployed({ hour: 9, modules: 15_000_000 }), [newest, ...base]);
  expect(image).toEqual({ bytes: 79_900_000, baseBytes: 76_900_000, change: 'more' });
  expect(layers[0]).toEqual({
    instruction: 'RUN npm ci --omit=dev',
    bytes: 15_000_000,
    baseBytes: 12_000_000,
  });
});
