import { expect, test } from 'vitest';
import { compare } from '../../src/report/compare.ts';
import { reportHtml } from '../../src/report/html.ts';
import { deployed, steps } from './records.ts';

const base = [1, 2, 3].map((hour) => deployed({ hour }));
const page = (run: (typeof base)[number]): string => reportHtml(run, compare(run, base), base);

test('the trend names this run where it has a value', () => {
  const html = page(deployed({ hour: 4 }));
  expect(html.match(/>this run: /g)).toHaveLength(3);
  expect(html).not.toContain('>last: ');
});

test('a run without image and cold start does not get those of the run before', () => {
  const run = { ...deployed({ hour: 4 }), steps: steps(4, ['sign in', 300]), result: 'failed' as const };
  delete run.image;
  delete run.deploy;
  const html = page(run);
  expect(html.match(/>this run: /g)).toHaveLength(1);
  expect(html.match(/>last: /g)).toHaveLength(2);
});
