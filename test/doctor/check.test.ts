import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DockerfileParser } from 'dockerfile-ast';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { installOf } from '../../src/docker/installers/read.ts';
import { shellCommands } from '../../src/docker/shell-words.ts';
import { checkProject } from '../../src/doctor/check.ts';
import { readDockerfile } from '../../src/doctor/dockerfile.ts';
import { strictFailure } from '../../src/doctor/preflight.ts';
import type { Context, Project } from '../../src/doctor/project.ts';
import { rules } from '../../src/doctor/rules/index.ts';
import { rulesTable } from '../../src/doctor/table.ts';
import { preflight } from './cases.ts';

const nothing: Context = {
  names: [],
  has: () => false,
  isFolder: () => false,
  text: () => undefined,
  sends: () => true,
};

function project(text: string, context: Partial<Context> = {}): Project {
  return {
    dockerfile: readDockerfile(text, DockerfileParser, { target: '', buildArgs: {} }),
    path: 'Dockerfile',
    file: 'Dockerfile',
    ignoreFile: '.dockerignore',
    context: { ...nothing, ...context },
    platform: 'linux/amd64',
    buildArgs: {},
  };
}

const named = (text: string): string[] =>
  checkProject(project(text), rules)
    .filter(({ level }) => level !== 'notice')
    .map(({ rule, line }) => `${line} ${rule}`);

const shellForm = ['FROM public.ecr.aws/lambda/nodejs:22', 'CMD node a.js'];

test.each([
  ['nowhere', shellForm, ['2 cmd-shell-form']],
  ['at the top', ['# dlc-ignore=cmd-shell-form it forks', ...shellForm], []],
  ['below a directive', ['# escape=\\', '# dlc-ignore=cmd-shell-form', ...shellForm], []],
  ['above the line', [shellForm[0], '# dlc-ignore=other,cmd-shell-form it forks', shellForm[1]], []],
  [
    'above another line',
    [shellForm[0], '# dlc-ignore=cmd-shell-form', 'USER 1', shellForm[1]],
    ['4 cmd-shell-form'],
  ],
])('an exemption %s', (_where, lines, expected) => {
  expect(named(lines.join('\n'))).toEqual(expected);
});

test('an exemption from a rule that there is not is said', () => {
  const findings = checkProject(project(['# dlc-ignore=cmd-shel-form', ...shellForm].join('\n')), rules);
  expect(findings.map(({ rule }) => rule)).toEqual(['cmd-shell-form', 'ignore-unknown']);
});

test('strict stops at the worst and not at hints', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'doctor-'));
  try {
    await writeFile(join(folder, 'Dockerfile'), shellForm.join('\n'));
    const findings = await preflight(folder);
    expect(strictFailure(findings)?.message).toContain('Dockerfile:2 cmd-shell-form');
    expect(strictFailure(findings.map((one) => ({ ...one, level: 'notice' as const })))).toBeUndefined();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('commands of a shell line', () => {
  expect(shellCommands('CI=1 npm ci && (cd a; sh -c "yarn install | tee x") # no\n./mvnw -q "a b"')).toEqual([
    ['npm', 'ci'],
    ['cd', 'a'],
    ['yarn', 'install'],
    ['tee', 'x'],
    ['./mvnw', '-q', 'a b'],
  ]);
});

const words = fc.constantFrom(
  ...[
    'FROM node',
    'FROM a AS b',
    'RUN <<EOF',
    'EOF',
    'RUN npm ci \\',
    '# dlc-ignore=x',
    'COPY . .',
    'COPY --from=b [',
    'ENV A=$A',
    'ENV',
    'CMD [',
    'CMD ["a"]',
    'RUN --mount=type=cache,',
    'ARG A=${A:-',
    'ADD',
    'EXPOSE x/',
    'ONBUILD',
    'WORKDIR',
    '`',
    '\r',
    ' "',
    "'",
    '\0',
    'ENTRYPOINT a && b |',
    '# escape=`',
    'FROM b',
  ],
);

test('a program that is called like a property of every object installs nothing', () => {
  expect(installOf(['constructor', 'x'], new Map())).toBeUndefined();
});

test('no text makes it throw', () => {
  const lines = fc.array(fc.oneof(words, fc.string({ unit: 'binary', maxLength: 30 })), { maxLength: 25 });
  fc.assert(
    fc.property(lines, fc.constantFrom('\n', '\r\n', ' '), (parts, end) => {
      const findings = checkProject(project(parts.join(end), { text: () => parts.join(' ') }), rules);
      expect(findings.every(({ line }) => Number.isInteger(line) && line >= 0)).toBe(true);
      expect(shellCommands(parts.join(end)).every((command) => command.length > 0)).toBe(true);
    }),
    { numRuns: 150 },
  );
});

test('docs/doctor.md lists the rules as they are (node scripts/rules-table.ts)', async () => {
  const text = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'doctor.md'), 'utf8');
  expect(text).toContain(`<!-- rules -->\n${rulesTable()}\n<!-- /rules -->`);
  expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
});
