import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeError } from '../src/errors.ts';
import { ensureParts } from '../src/local/parts/index.ts';

/**
 * Everything that must hold, in one command: `npm test`; with the argument `unit` only the tests that need no
 * Engine. Ends with a line `N passed, N failed` and exit code 1 where anything failed or was skipped in silence.
 */
const root = join(import.meta.dirname, '..');
const say = (line: string): void => void process.stdout.write(`${line}\n`);

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

/** The part of Vitest's JSON report that is read. */
interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  /** False also where a file failed to load or a set-up failed, which counts no test. */
  success: boolean;
}

async function run(program: string, args: string[], cwd = root): Promise<number> {
  const child = spawn(program, args, { cwd, stdio: 'inherit' });
  return await new Promise((resolve, reject) =>
    child.on('error', reject).on('close', (code) => resolve(code ?? 1)),
  );
}

/** A check that is one program: counts as one test. */
async function check(title: string, program: string, args: string[]): Promise<Count> {
  say(`\n--- ${title}`);
  const failed = (await run(program, args)) === 0 ? 0 : 1;
  return { passed: 1 - failed, failed, skipped: 0 };
}

async function vitest(title: string, args: string[], cwd = root): Promise<Count> {
  say(`\n--- ${title}`);
  const folder = await mkdtemp(join(tmpdir(), 'vitest-'));
  const file = join(folder, 'report.json');
  try {
    const code = await run(
      'vitest',
      ['run', ...args, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
      cwd,
    );
    const report = JSON.parse(await readFile(file, 'utf8')) as VitestReport;
    const failed = report.numFailedTests + (code !== 0 && report.numFailedTests === 0 ? 1 : 0);
    return { passed: report.numPassedTests, failed, skipped: report.numPendingTests + report.numTodoTests };
  } catch (error) {
    say(`${title}: no report: ${describeError(error)}`);
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The tests of an example with packages of its own.
 * @param omit kinds of its packages that its tests take from here or do not need
 */
async function example(path: string, ...omit: string[]): Promise<Count> {
  const folder = join(root, path);
  say(`\n--- ${path}`);
  const options = [...omit.map((kind) => `--omit=${kind}`), '--no-audit', '--no-fund', '--loglevel=error'];
  if ((await run('npm', ['ci', ...options], folder)) !== 0) return { passed: 0, failed: 1, skipped: 0 };
  return await vitest(`${path}: its own tests`, [], folder);
}

async function everything(): Promise<Count[]> {
  // The slow part of a first run (the Engine and its images) comes up while the checks run.
  const parts = ensureParts(join(root, '.local'), say).catch((error: unknown) =>
    say(`Set-up: ${describeError(error)}`),
  );
  const counts = [
    await check('Format and lint', 'biome', ['ci', '--error-on-warnings', '.']),
    await check('Types', 'tsc', ['--noEmit', '-p', '.']),
    await check('README and reusable workflow say what action.yml says', 'node', [
      'scripts/docs.ts',
      '--check',
    ]),
    await check('dist/ is what src/ makes', 'node', ['scripts/build.ts', '--check']),
    await vitest('Unit tests and scenarios', ['--project', 'unit', '--project', 'scenarios']),
    await example('example-api'),
    await example('examples/amplify', 'dev'),
    await check('Types of examples/amplify', 'tsc', ['-p', 'examples/amplify']),
  ];
  await parts;
  return [...counts, await vitest('End-to-end tests', ['--project', 'end-to-end'])];
}

const counts =
  process.argv[2] === 'unit' ? [await vitest('Unit tests', ['--project', 'unit'])] : await everything();
const sum = (key: keyof Count): number => counts.reduce((total, count) => total + count[key], 0);
const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
say(`\n${sum('passed')} passed, ${sum('failed')} failed${skipped}`);
process.exit(sum('failed') === 0 && sum('passed') > 0 ? 0 : 1);
