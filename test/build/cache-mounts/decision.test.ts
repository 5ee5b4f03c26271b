import { describe, expect, it, test } from 'vitest';
import { type CacheMountsMode, decideCacheMounts } from '../../../src/build/cache-mounts/decision.ts';
import type { MountRun } from '../../../src/build/cache-mounts/plan.ts';
import {
  type MountStatistics,
  median,
  newStatistics,
  parseStatistics,
  samplesOf,
  withBuild,
  withSave,
} from '../../../src/build/cache-mounts/statistics.ts';

const run = (id: string, stage = 'a'): MountRun => ({
  id,
  stage,
  command: id,
  instructions: [],
  sources: [],
});
const state = (hash: string, volatile = false) => ({ hash, volatile, files: [] });

const measured = (
  coldMs: number[],
  warmMs: number[],
  others: Partial<MountStatistics> = {},
): MountStatistics => ({
  ...newStatistics(),
  runs: { npm: { hash: 'old', coldMs, warmMs } },
  restoreMs: [2_000],
  saveMs: [3_000],
  bytes: 100e6,
  freshBytes: 100e6,
  ...others,
});

const decide = (
  statistics: MountStatistics | undefined,
  { mode = 'auto' as CacheMountsMode, hash = 'new', volatile = false, layerCache = true } = {},
) => decideCacheMounts(mode, [run('npm')], { npm: state(hash, volatile) }, statistics, layerCache);

describe('auto', () => {
  it.each([
    ['nothing known: measure, and save where it took long', undefined, false, 'if-slow', undefined],
    [
      'only the time without known: try it',
      measured([20_000], [], { restoreMs: [], saveMs: [] }),
      true,
      'yes',
      undefined,
    ],
    ['a short installation is left alone', measured([4_000], []), false, 'no', undefined],
    ['it pays', measured([20_000], [8_000]), true, 'yes', 7_000],
    ['it does not pay, once: try again', measured([12_000], [8_000]), true, 'yes', -1_000],
    ['it does not pay, twice: stop', measured([12_000], [8_000, 8_000]), false, 'no', -1_000],
    [
      'moving it takes twice the installation: stop at once',
      measured([6_000], [], { restoreMs: [9_000] }),
      false,
      'no',
      undefined,
    ],
    ['moving it takes as long, once: try again', measured([5_000], [1_000]), true, 'yes', -1_000],
    [
      'medians: one slow run does not decide',
      measured([20_000, 20_000, 90_000], [19_000, 19_000, 1_000]),
      false,
      'no',
      -4_000,
    ],
    [
      'after 20 builds without it is tried again',
      measured([12_000], [8_000, 8_000], { sameChoice: 20, lastRestored: false }),
      true,
      'yes',
      -1_000,
    ],
    [
      'after 20 builds with it one goes without',
      measured([20_000], [8_000], { sameChoice: 20, lastRestored: true }),
      false,
      'yes',
      7_000,
    ],
    [
      'an archive that has outgrown what is needed starts afresh',
      measured([20_000], [8_000], { bytes: 260e6 }),
      false,
      'yes',
      7_000,
    ],
  ] as const)('%s', (_name, statistics, restore, save, gainMs) => {
    const decision = decide(statistics);
    expect(decision).toMatchObject({ restore, save });
    expect(decision.gainMs).toBe(gainMs);
  });

  it('does not restore where the layers come from the cache', () => {
    const pays = measured([20_000], [8_000]);
    expect(decide(pays, { hash: 'old' })).toMatchObject({ restore: false, save: 'yes' });
    expect(decide(pays, { hash: 'old', layerCache: false })).toMatchObject({ restore: true });
  });

  it('does not count the cost of saving where the lockfiles are the same', () => {
    const volatile = measured([12_000], [8_000, 8_000]);
    expect(decide(volatile, { hash: 'old', volatile: true })).toMatchObject({ restore: true, gainMs: 2_000 });
  });

  it('waits for an archive no longer than the installation takes', () => {
    expect(decide(measured([60_000], [8_000])).restoreLimitMs).toBe(60_000);
    expect(decide(undefined).restoreLimitMs).toBe(10_000);
    expect(decide(measured([900_000], [8_000])).restoreLimitMs).toBe(120_000);
  });

  it('adds up the RUNs of a stage; of stages that run side by side the slowest counts', () => {
    const statistics = measured([20_000], [8_000]);
    statistics.runs.pip = { hash: 'old', coldMs: [10_000], warmMs: [9_000] };
    const states = { npm: state('new'), pip: state('new') };
    const gain = (stage: string) =>
      decideCacheMounts('auto', [run('npm'), run('pip', stage)], states, statistics, true).gainMs;
    expect(gain('a')).toBe(30_000 - 17_000 - 5_000);
    expect(gain('b')).toBe(20_000 - 8_000 - 5_000);
  });
});

test('true keeps them whatever it costs, false never', () => {
  const bad = measured([12_000], [12_000, 12_000]);
  expect(decide(bad, { mode: 'true' })).toMatchObject({ restore: true, save: 'yes' });
  expect(decide(undefined, { mode: 'true' })).toMatchObject({ restore: true, save: 'yes' });
  expect(decide(bad, { mode: 'true', hash: 'old' })).toMatchObject({ restore: false, save: 'yes' });
  expect(decide(measured([20_000], [1_000]), { mode: 'false' })).toMatchObject({
    restore: false,
    save: 'no',
  });
});

describe('what is measured', () => {
  const vertex = (name: string, ms: number, cached = false) => ({ name, kind: 'run' as const, cached, ms });
  const npm: MountRun = {
    ...run('npm', 'builder'),
    command: '--mount=type=cache,target=/c npm ci $FLAGS --x="a|b"',
  };

  it('takes the times of the RUNs that ran, variables filled in', () => {
    const samples = (...vertices: ReturnType<typeof vertex>[]) =>
      samplesOf([npm], { npm: state('h') }, vertices);
    const shown = 'RUN --mount=type=cache,target=/c     npm ci --omit dev --x="a|b"';
    expect(samples(vertex(`[builder 3/5] ${shown}`, 900), vertex('[other 3/5] RUN x', 50))).toEqual([
      { id: 'npm', hash: 'h', ms: 900 },
    ]);
    expect(samples(vertex(`[linux/amd64 builder 3/5] ${shown}`, 900))).toHaveLength(1);
    expect(samples(vertex(`[builder 3/5] ${shown}`, 0, true))).toEqual([]);
    expect(samples(vertex(`[other 3/5] ${shown}`, 900), vertex(`[builder 3/5] ${shown} more`, 9))).toEqual(
      [],
    );
    expect(samplesOf([{ ...npm, stage: '' }], {}, [vertex(`[2/3] ${shown}`, 1)])).toHaveLength(1);
  });

  it('keeps the last five, cold and warm apart, and counts builds with the same choice', () => {
    let known = newStatistics();
    for (let ms = 1; ms <= 7; ms += 1)
      known = withBuild(known, [{ id: 'npm', hash: `h${ms}`, ms }], undefined);
    expect(known.runs.npm).toEqual({ hash: 'h7', coldMs: [3, 4, 5, 6, 7], warmMs: [] });
    expect(known).toMatchObject({ sameChoice: 7, lastRestored: false });
    known = withBuild(known, [{ id: 'npm', hash: 'h8', ms: 2 }], { ms: 40 });
    expect(known).toMatchObject({ sameChoice: 1, lastRestored: true, restoreMs: [40] });
    expect(known.runs.npm).toMatchObject({ hash: 'h8', warmMs: [2] });
    expect(withBuild(known, [], undefined)).toBe(known);
  });

  it('what one build needs is known from a save after one that began empty', () => {
    const first = withSave(newStatistics(), { ms: 5, bytes: 100 }, false);
    expect(withSave(first, { ms: 6, bytes: 180 }, true)).toMatchObject({
      saveMs: [5, 6],
      bytes: 180,
      freshBytes: 100,
    });
  });

  it('reads back what it wrote, and takes anything else for nothing', () => {
    const known = measured([1, 2], [3]);
    expect(parseStatistics(JSON.stringify(known))).toEqual(known);
    for (const text of ['', 'null', '{"schema":2}', '{"schema":1}', '{"schema":1,"runs":{"a":null}}'])
      expect(parseStatistics(text)).toBeUndefined();
    expect(parseStatistics('{"schema":1,"runs":{"a":{"hash":1,"coldMs":["x",2]}}}')?.runs.a).toEqual({
      hash: '1',
      coldMs: [2],
      warmMs: [],
    });
  });

  it('the median of an even number is the lower one', () => {
    expect([median([]), median([3]), median([4, 1]), median([9, 1, 5])]).toEqual([undefined, 3, 1, 5]);
  });
});
