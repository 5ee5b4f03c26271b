import { describe, expect, it } from 'vitest';
import { parseHandedOn, parseRecord } from '../../src/report/record-check.ts';
import { fullRecord } from './full-record.ts';

describe('a record from outside', () => {
  it('comes through whole where it is one of ours', () => {
    expect(parseRecord(fullRecord())).toEqual(fullRecord());
    expect(parseRecord({ schema: 1, steps: [], reasons: [] })).toEqual({ schema: 1, steps: [], reasons: [] });
  });

  it('loses what is not part of a record', () => {
    const planted = JSON.parse('{"schema":1,"steps":[],"reasons":[],"__proto__":{"a":1},"html":"<script>"}');
    const parsed = parseRecord(planted);
    expect(Object.keys(parsed ?? {}).sort()).toEqual(['reasons', 'schema', 'steps']);
    expect((parsed as { a?: number } | undefined)?.a).toBeUndefined();
  });

  it.each<[string, (record: Record<string, unknown>) => void]>([
    ['another schema', (record) => (record.schema = 2)],
    ['no list of steps', (record) => (record.steps = { length: 1e9 })],
    ['a time that is none', (record) => (record.steps = [{ name: 'a', start: 'now', end: 'later' }])],
    ['a number without end', (record) => (record.image = { ...fullRecord().image, bytes: 1e300 })],
    ['a negative size', (record) => (record.image = { ...fullRecord().image, bytes: -1 })],
    ['a digest with markup', (record) => (record.image = { ...fullRecord().image, digest: '`<img>`' })],
    ['a result of its own', (record) => (record.result = 'great')],
    ['a text of megabytes', (record) => (record.reasons = ['x'.repeat(3_000_000)])],
    ['too many functions', (record) => (record.deploy = Array(51).fill(fullRecord().deploy[0]))],
    [
      'a link that runs a script',
      (record) => (record.deploy = [{ ...fullRecord().deploy[0], url: 'javascript:alert(1)' }]),
    ],
    [
      'a link that ends the Markdown',
      (record) => (record.deploy = [{ ...fullRecord().deploy[0], url: 'https://a)[b](c' }]),
    ],
  ])('is refused with %s', (_what, change) => {
    const record: Record<string, unknown> = { ...fullRecord() };
    change(record);
    expect(parseRecord(record)).toBeUndefined();
  });
});

describe('a run that was handed on', () => {
  const run = { schema: 1, pullRequest: 7, key: 'my-api', commit: 'a'.repeat(40), record: fullRecord() };

  it('comes through whole', () => {
    expect(parseHandedOn(JSON.stringify(run))).toEqual(run);
  });

  it.each<[string, object]>([
    ['a number as text', { pullRequest: '7' }],
    ['a part of a pull request', { pullRequest: 7.5 }],
    ['a path for a number', { pullRequest: '../../issues/1' }],
    ['a branch for a commit', { commit: 'main' }],
    ['no record', { record: null }],
  ])('is refused with %s, and the error says where', (_what, change) => {
    const [field = ''] = Object.keys(change);
    expect(() => parseHandedOn(JSON.stringify({ ...run, ...change }))).toThrow(`no run record: ${field}`);
  });

  it('is refused where it is no JSON', () => {
    expect(() => parseHandedOn('<html>')).toThrow();
  });
});
