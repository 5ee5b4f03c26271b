import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildWarnings } from '../../src/docker/lint-findings.ts';
import { oddHistory } from './odd-history.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const warning = (short: string, line: number, dockerfile = '') => ({
  vertex: 'sha256:0',
  level: 1,
  short: base64(short),
  detail: [base64('Variables should be defined before their use')],
  url: 'https://docs.docker.com/go/x/',
  sourceInfo: { filename: 'Dockerfile', data: base64(dockerfile) },
  range: [{ start: { line }, end: { line } }],
});
const line = (...warnings: object[]): string => JSON.stringify({ warnings });
const undefinedVar = "UndefinedVar: Usage of undefined variable '$A' (line 3)";
const finding = {
  rule: 'docker:UndefinedVar',
  level: 'notice',
  file: 'app/Dockerfile',
  line: 3,
  why: "Usage of undefined variable '$A'.",
  instead: 'See https://docs.docker.com/go/x/',
};

test('a warning in the history of a build is a finding, once, unless a rule of this project says the same', () => {
  const { findings, dockerfile } = buildWarnings(
    [
      line(warning(undefinedVar, 3, 'FROM x\n'), warning(undefinedVar, 3)),
      line(warning(undefinedVar, 3), warning('JSONArgsRecommended: JSON arguments (line 4)', 4)),
    ],
    'app/Dockerfile',
  );
  expect(findings).toEqual([finding]);
  expect(dockerfile).toBe('FROM x\n');
});

test('odd entries are left out, and the others stay', () => {
  fc.assert(
    fc.property(oddHistory('warnings'), oddHistory('warnings'), (before, after) => {
      const { findings } = buildWarnings(
        [...before, line(warning(undefinedVar, 3)), ...after],
        'app/Dockerfile',
      );
      expect(findings).toContainEqual(finding);
      expect(
        findings.every((one) => Number.isInteger(one.line) && !/[\r\n]/.test(one.why + one.instead)),
      ).toBe(true);
    }),
    { numRuns: 150 },
  );
});
