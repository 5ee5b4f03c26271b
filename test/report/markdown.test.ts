import { describe, expect, it } from 'vitest';
import { newRecord, type RunRecord } from '../../src/record.ts';
import { compare } from '../../src/report/compare.ts';
import { reportMarkdown } from '../../src/report/markdown.ts';
import { cases } from './cases.ts';
import { base, deployed } from './records.ts';

const many = cases['vertices-300']?.run ?? newRecord();

describe('reportMarkdown', () => {
  it('says failed where nothing was measured', () => {
    const run = newRecord();
    expect(reportMarkdown(run, compare(run, []), { limit: 1024 ** 2 })).toContain('### ❌ Deploy failed');
  });

  it('leaves the longest part out first, and says so', () => {
    const comparison = compare(many, base);
    const whole = reportMarkdown(many, comparison, { limit: 65_536 });
    const short = reportMarkdown(many, comparison, { limit: 2_000 });
    expect(whole).toContain('```mermaid');
    expect(Buffer.byteLength(short)).toBeLessThanOrEqual(2_000);
    expect(short).not.toContain('```mermaid');
    expect(short).toContain('The timeline is left out here');
    expect(short).toContain('| **Total** |');
  });

  it('keeps to any limit, and its marker as long as there is place for it', () => {
    for (const limit of [0, 1, 40, 300, 1_000]) {
      const heading = { marker: '<!-- m -->\n' };
      const text = reportMarkdown(many, compare(many, base), { limit, heading });
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limit);
      if (limit >= 40) expect(text).toContain('<!-- m -->');
    }
  });

  it('does not throw on a record that is not what it should be', () => {
    const broken = { ...deployed(), steps: 'none' } as unknown as RunRecord;
    expect(reportMarkdown(broken, compare(deployed(), base), { limit: 1_000 })).toContain(
      'could not be drawn',
    );
  });

  it('folds thousands of functions', () => {
    const run = deployed();
    const [one] = run.deploy ?? [];
    run.deploy = one ? Array.from({ length: 2_000 }, (_, index) => ({ ...one, function: `f${index}` })) : [];
    const text = reportMarkdown(run, compare(run, []), { limit: 65_536 });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(65_536);
    expect(text).toContain('2000 functions are live');
  });
});
