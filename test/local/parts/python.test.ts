import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { packageIndex } from '../../../src/local/parts/python.ts';

const before = { ...process.env };
let folder: string;

/** Puts a `python3` first on the PATH whose pip has the given index; none where it is empty. */
async function pipWith(index: string): Promise<void> {
  const answer = index ? `echo '${index}'` : 'echo "ERROR: No such key" >&2; exit 1';
  const program = `#!/bin/sh\n[ "$4" = get ] || exit 0\n${answer}\n`;
  await writeFile(join(folder, 'python3'), program);
  await chmod(join(folder, 'python3'), 0o755);
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'python-'));
  delete process.env.PIP_INDEX_URL;
  process.env.PATH = `${folder}:${process.env.PATH}`;
});
afterEach(async () => {
  process.env.PATH = before.PATH;
  if (before.PIP_INDEX_URL !== undefined) process.env.PIP_INDEX_URL = before.PIP_INDEX_URL;
  else delete process.env.PIP_INDEX_URL;
  await rm(folder, { recursive: true });
});

it.each([
  ['', ''],
  ['https://pypi.org/simple', ''],
  ['https://pypi.org/simple/', ''],
  ['https://index.example/simple/', 'https://index.example/simple'],
])("pip's index %j is told to images as %j", async (configured, told) => {
  await pipWith(configured);
  expect(await packageIndex(folder, () => {})).toBe(told);
});

it('an index in the environment stands before that of the settings', async () => {
  await pipWith('https://index.example/simple');
  process.env.PIP_INDEX_URL = 'https://other.example/simple';
  expect(await packageIndex(folder, () => {})).toBe('https://other.example/simple');
});
