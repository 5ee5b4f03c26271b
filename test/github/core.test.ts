import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

/** What the runner gets of the same calls: standard output, and the files where it names some. */
async function said(library: string, files: boolean): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'core-'));
  try {
    const paths = { GITHUB_OUTPUT: join(folder, 'output'), GITHUB_STATE: join(folder, 'state') };
    for (const path of Object.values(paths)) await writeFile(path, '');
    const script = `
      const core = await import(${JSON.stringify(library)});
      core.setSecret('p%ss\\nword');
      core.setOutput('uri', 'a:b,c\\nd');
      core.saveState('folder', '/tmp/x');
      core.info('line');
      core.debug('a%b');
      core.warning('careful,\\r\\n::error::x', { title: 'T:,', file: 'a b', startLine: 3 });
      core.notice('n');
      core.error('e', { file: 'f', startLine: 1, endLine: 2 });
      await core.group('heading', async () => core.info('inside'));
      core.setFailed('failed');`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', `${script}\nprocess.exitCode = 0;`],
      { cwd: root, env: { PATH: process.env.PATH, ...(files && paths) } },
    );
    const written = await Promise.all(Object.values(paths).map((path) => readFile(path, 'utf8')));
    // The delimiter is drawn anew each time.
    return [stdout, ...written].map((text) => text.replace(/ghadelimiter_[\w-]+/g, 'DELIMITER'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test.each([true, false])('says what the whole library says, by files: %s', async (files) => {
  const [ours, theirs] = await Promise.all([
    said(join(root, 'src/github/core.ts'), files),
    said('@actions/core', files),
  ]);
  expect(ours).toEqual(theirs);
  expect(ours.join()).toContain('::add-mask::p%25ss%0Aword');
});

test('a step starts without an HTTP client of its own', async () => {
  for (const entry of ['check', 'build', 'deploy', 'report'])
    expect(await readFile(join(root, 'dist', entry, 'index.js'), 'utf8'), entry).not.toContain('undici');
});
