import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkFindings } from '../../src/docker/call-check.ts';
import { engineFindings } from '../../src/doctor/engine.ts';
import { findingLines, findingsSummary } from '../../src/doctor/report.ts';

const warning = (ruleName: string) => ({
  ruleName,
  description: 'All commands should use the same casing',
  detail: "Command 'from' should match",
  url: 'https://docs.docker.com/go/x/',
  location: { ranges: [{ start: { line: 3 }, end: { line: 3 } }] },
});

test("Docker's own warnings become findings, and those that a rule here says better do not", () => {
  const text = JSON.stringify({ warnings: [warning('FromAsCasing'), warning('JSONArgsRecommended')] });
  const findings = checkFindings(text, 'app/Dockerfile');
  expect(findingLines(findings)).toEqual([
    "app/Dockerfile:3: notice: Command 'from' should match. [docker:FromAsCasing]",
    '    See https://docs.docker.com/go/x/',
  ]);
  expect(findingsSummary(findings)).toBe('1 notice');
});

test('whatever Docker prints instead is no finding and no failure', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.json().map((warnings) => `{"warnings":[${warnings}]}`),
      ),
      (text) => {
        expect(checkFindings(text, 'Dockerfile').every(({ line }) => Number.isFinite(line))).toBe(true);
      },
    ),
  );
});

test.each([
  ['29.0.1', {}, []],
  ['28.0.0', {}, []],
  ['27.5.1', {}, ['docker-too-old']],
  ['26.1.5+dfsg1', { DOCKER_BUILDKIT: '0' }, ['buildkit-off', 'docker-too-old']],
  [undefined, {}, ['docker-missing']],
])('Docker %s with %j', (version, env, expected) => {
  const engine = version === undefined ? undefined : { version, containerdStore: true };
  expect(engineFindings(engine, env).map(({ rule }) => rule)).toEqual(expected);
});
