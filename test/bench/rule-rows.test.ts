import { describe, expect, it } from 'vitest';
import { readOptions } from '../../bench/pipeline/options.ts';
import { resultsOf } from '../../bench/pipeline/results.ts';
import { ruleRows } from '../../bench/pipeline/rule-rows.ts';
import { measurement } from './measurements.ts';

const day = new Date('2026-11-24T00:00:00Z');
const rows = (...measurements: ReturnType<typeof measurement>[]) =>
  ruleRows(resultsOf(measurements, readOptions([], ''), 'a machine', day));

describe('the rows of the rules', () => {
  it('show what each broken rule costs, with its range over the rounds', () => {
    const text = rows(
      { ...measurement('recommended', 'cold', 0, 10), startSeconds: 0.5 },
      measurement('recommended', 'source', 0, 4),
      measurement('recommended', 'source', 1, 5),
      { ...measurement('unlinked', 'cold', 0, 9), startSeconds: 1.25 },
      measurement('unlinked', 'source', 0, 7),
      measurement('unlinked', 'source', 1, 10),
    );
    expect(text?.split('\n')).toEqual([
      '|  | first push | one source file | MB up, first push | start, s |',
      '| --- | --- | --- | --- | --- |',
      '| all rules kept, s | 10.0 | 4.5 | 0 | 0.50 |',
      '| no --link | -1.0 | +4.0 (+3.0 to +5.0) | 0 | 1.25 |',
      '',
      '(medians of 2 rounds, app node, a machine, 2026-11-24)',
      '',
    ]);
  });

  it('are none where nothing is compared', () => {
    expect(rows(measurement('recommended', 'cold', 0, 10))).toBeUndefined();
    expect(rows(measurement('unlinked', 'cold', 0, 10))).toBeUndefined();
  });
});
