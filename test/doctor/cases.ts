import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkProject } from '../../src/doctor/check.ts';
import { readProject } from '../../src/doctor/project.ts';
import { rules } from '../../src/doctor/rules/index.ts';
import type { Finding } from '../../src/record.ts';

/** A project with a fault, or without any, and what must be said of it. */
export interface Case {
  /** Unique among all cases. */
  name: string;
  /** The rules or causes that must be named, and no others; none for a healthy project. */
  expected: readonly string[];
  /** Examines the project; returns the rules or causes that it names. */
  examine(): Promise<readonly string[]>;
}

/** How a case came out. */
export interface Outcome {
  name: string;
  expected: string;
  named: string;
  ok: boolean;
}

/** Folders of projects. */
export const brokenFolder = join(import.meta.dirname, 'broken');
export const healthyFolder = join(import.meta.dirname, 'healthy');
const root = join(import.meta.dirname, '..', '..');

/** The fault of each folder in broken/, which the preflight must name alone. */
const faults: Readonly<Record<string, string>> = {
  'adapter-old': 'adapter-outdated',
  'adapter-old-variables': 'adapter-variable-deprecated',
  'adapter-wrong-place': 'adapter-place',
  'app-under-tmp': 'files-under-tmp',
  'bad-gateway-default-port': 'port-disagrees',
  'bad-gateway-node': 'port-disagrees',
  'bad-gateway-python': 'port-disagrees',
  'bad-gateway-root-path': 'root-path',
  'bad-gateway-streaming': 'streaming-mode',
  'base-latest': 'base-latest',
  'base-other-architecture': 'base-architecture',
  'copies-node-modules': 'installed-copied',
  'development-packages-node': 'dev-dependencies',
  'development-packages-python': 'dev-dependencies',
  'development-server': 'development-server',
  'dockerignore-lets-in-node': 'dockerignore-lets-in',
  'dockerignore-lets-in-python': 'dockerignore-lets-in',
  'expose-disagrees': 'expose-disagrees',
  'large-image-node': 'single-stage',
  'large-image-python': 'single-stage',
  'link-ignored': 'link-ignored',
  'no-adapter': 'adapter-missing',
  'no-command': 'cmd-missing',
  'no-dockerignore': 'dockerignore-missing',
  'no-lockfile': 'lockfile-missing',
  'pnpm-not-frozen': 'install-not-frozen',
  'secret-file': 'secret-copied',
  'secret-in-env': 'secret-in-dockerfile',
  'shell-form': 'cmd-shell-form',
  'slow-build-node': 'sources-before-install',
  'slow-build-python': 'sources-before-install',
  'stale-dependencies-node': 'install-not-frozen',
  'stale-dependencies-python': 'install-not-frozen',
  'stale-requirements': 'requirements-unpinned',
  'starts-through-uv': 'starts-through-uv',
  'yarn-not-frozen': 'install-not-frozen',
};

/** Files that no repository can hold in a case's folder, by case. */
const added: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'dockerignore-lets-in-python': { '.git/HEAD': 'ref: refs/heads/main\n', '.env': 'TOKEN=abc\n' },
  'copies-node-modules': { 'node_modules/express/package.json': '{}\n' },
};

/** All projects whose files are enough to judge them: broken/ and healthy/. */
export async function projectCases(): Promise<Case[]> {
  const [broken, healthy] = await Promise.all([readdir(brokenFolder), readdir(healthyFolder)]);
  return [
    ...broken.map((name) =>
      projectCase(
        `broken/${name}`,
        join(brokenFolder, name),
        [faults[name] ?? 'a fault in `faults`'],
        added[name],
      ),
    ),
    ...healthy.map((name) => projectCase(`healthy/${name}`, join(healthyFolder, name), [])),
    projectCase('example-api', join(root, 'example-api'), []),
  ];
}

function projectCase(
  name: string,
  folder: string,
  expected: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Case {
  return {
    name,
    expected,
    async examine() {
      const copy = await mkdtemp(join(tmpdir(), 'doctor-'));
      try {
        // Outside of this repository, as a project of its own is.
        await cp(folder, copy, { recursive: true, filter: (path) => !path.includes('/node_modules') });
        for (const [path, text] of Object.entries(files)) {
          await mkdir(dirname(join(copy, path)), { recursive: true });
          await writeFile(join(copy, path), text);
        }
        const findings = await preflight(copy);
        // Hints that are no fault do not count.
        return [...new Set(findings.filter(({ level }) => level !== 'notice').map(({ rule }) => rule))];
      } finally {
        await rm(copy, { recursive: true, force: true });
      }
    },
  };
}

/** The preflight's findings on a folder, built for linux/amd64. */
export async function preflight(folder: string): Promise<Finding[]> {
  const project = await readProject({
    context: folder,
    file: '',
    target: '',
    platform: 'linux/amd64',
    buildArgs: {},
    workspace: folder,
  });
  if (!project) throw new Error(`${folder} has no Dockerfile`);
  return checkProject(project, rules);
}

/** Runs a case. */
export async function outcomeOf(one: Case): Promise<Outcome> {
  const named = [...(await one.examine())].sort().join(', ');
  const expected = [...one.expected].sort().join(', ');
  return { name: one.name, expected, named, ok: named === expected };
}

/**
 * The table: project, expected cause, named cause.
 * @param notRun what could not be examined, and why; '' where all was
 */
export function casesTable(outcomes: readonly Outcome[], notRun: string): string {
  const none = (text: string): string => text || 'nothing';
  const rows = outcomes.map(({ name, expected, named, ok }) => [
    name,
    none(expected),
    none(named),
    ok ? 'ok' : 'WRONG',
  ]);
  const all = [['project', 'expected cause', 'named cause', ''], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const right = outcomes.filter(({ ok }) => ok).length;
  const missing = notRun === '' ? '' : `\nNOT RUN: ${notRun}`;
  return `${lines.join('\n')}\n\n${right} of ${outcomes.length} named rightly${missing}`;
}
