import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { run, tryRun } from '../../src/local/parts/process.ts';
import { callProblems } from '../support/runner/calls.ts';
import { isActionsFile, repositoryFiles } from '../support/runner/stage.ts';
import { actionlintProgram, stageActions, zizmorProgram } from '../support/runner.ts';

const root = join(import.meta.dirname, '..', '..');
const workflows = (await repositoryFiles(root)).filter((file) =>
  /^\.github\/workflows\/.*\.ya?ml$/.test(file),
);
/** How users name this repository in what we show them. */
const OWN_NAME = 'OWNER/deploy-lambda-container';

/** Lints one workflow given as text, as the file of a repository; its findings, empty where there are none. */
async function lint(text: string, repository: string, file = '.github/workflows/shown.yml'): Promise<string> {
  await mkdir(dirname(join(repository, file)), { recursive: true });
  await writeFile(join(repository, file), text);
  const ignored = ['-ignore', 'unexpected key "queue" for "concurrency"'];
  const args = ['-no-color', '-oneline', '-shellcheck=', '-pyflakes=', ...ignored, file];
  const { stdout, stderr } = await tryRun(await actionlintProgram(), args, { cwd: repository });
  return `${stdout}${stderr}`.trim();
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lint-'));
  await stageActions(root, folder);
  await run('git', ['init', '--quiet'], { cwd: folder });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('actionlint', () => {
  it.each(workflows)('%s, with the project settings', async (file) => {
    const args = ['-no-color', '-oneline', '-shellcheck=', '-pyflakes=', file];
    const { code, stdout, stderr } = await tryRun(await actionlintProgram(), args, { cwd: root });
    expect(`${stdout}${stderr}`).toBe('');
    expect(code).toBe(0);
  });

  it.each(workflows)('%s, with $/ as the form whose inputs it checks', async (file) => {
    const local = (await readFile(join(root, file), 'utf8')).replaceAll(/\buses: \$\//g, 'uses: ./');
    expect(await lint(local, folder, file)).toBe('');
  });

  it('finds a wrong input of an own action, in the form that is checked', async () => {
    const steps = 'steps: [{ uses: ./build, with: { contxt: . } }]';
    const text = `on: push\njobs: { a: { runs-on: ubuntu-latest, ${steps} } }\n`;
    expect(await lint(text, folder)).toContain('"contxt"');
  });
});

describe('zizmor, as strict as it can be', () => {
  it('has nothing to say of what runs here and of what users copy', async () => {
    const files = (await repositoryFiles(root)).filter(
      (file) => isActionsFile(file) || /^examples\/workflows\/.*\.ya?ml$/.test(file),
    );
    const args = ['--offline', '--persona', 'pedantic', '--no-progress', '--format', 'plain', ...files];
    const { code, stdout } = await tryRun(await zizmorProgram(), args, { cwd: root });
    expect(stdout).toContain('No findings to report');
    expect(code).toBe(0);
  });

  it('finds what it should', async () => {
    const step = `run: "echo \${{ github.ref_name }}"`;
    const text = `on: push\njobs: { a: { runs-on: x, steps: [{ ${step} }] } }\n`;
    const file = join(folder, 'unsafe.yml');
    await writeFile(file, text);
    const { code, stdout } = await tryRun(await zizmorProgram(), ['--offline', '--format', 'plain', file]);
    expect(stdout).toContain('template-injection');
    expect(code).not.toBe(0);
  });
});

describe('workflows that users copy', async () => {
  const shown = (await repositoryFiles(root)).filter((file) => /\.md$|^examples\/.*\.ya?ml$/.test(file));
  const texts: { where: string; text: string }[] = [];
  for (const file of shown) {
    const content = await readFile(join(root, file), 'utf8');
    const blocks = file.endsWith('.md')
      ? [...content.matchAll(/^```ya?ml\n(.*?)^```/gms)].map(([, text]) => text)
      : [content];
    for (const [index, text = ''] of blocks.entries())
      if (isWorkflow(text)) texts.push({ where: `${file} ${index + 1}`, text });
  }

  it.skipIf(texts.length === 0).each(texts)('$where', async ({ text }) => {
    expect(await lint(text, folder)).toBe('');
    expect(await callProblems(text, [{ repository: OWN_NAME, ref: 'v1', folder: root }])).toEqual([]);
  });
});

/** Whether a YAML text is a whole workflow, and not a part of one. */
function isWorkflow(text: string): boolean {
  const value: unknown = parse(text);
  return typeof value === 'object' && value !== null && 'on' in value && 'jobs' in value;
}
