import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { walkContext } from '../../src/docker/context-walk.ts';
import { Doubt, ignoreMatcher, parseIgnoreFile } from '../../src/docker/dockerignore.ts';
import { files, ignoreCases } from './ignore-cases.ts';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'context-'));
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), file);
  }
  symlinkSync('src', join(root, 'link'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test.each(ignoreCases)('%j', async (ignore, kept) => {
  const entries = await walkContext(root, parseIgnoreFile(ignore));
  expect(entries.filter(({ type }) => type === 'file').map(({ path }) => path)).toEqual(kept);
});

test('a symlink is a symlink, and a folder comes along with what an exception brings back', async () => {
  const entries = await walkContext(root, parseIgnoreFile('*\n!src/lib/a.js\n!link'));
  expect(entries.map(({ path, type, target }) => [path, type, target])).toEqual([
    ['link', 'symlink', 'src'],
    ['src', 'directory', ''],
    ['src/lib', 'directory', ''],
    ['src/lib/a.js', 'file', ''],
  ]);
});

test.each(['\\d', 'a[', '[a-]', '[]a]', '[[:alpha:]]', '[z-a]', '!', 'a\\', 'a\u0001'])(
  'doubt: %j',
  (pattern) => {
    expect(() => ignoreMatcher(parseIgnoreFile(pattern))).toThrow(Doubt);
  },
);

test('folders are entered only where something may come back', () => {
  const matcher = ignoreMatcher(['node_modules', '!src/*', '!docs/**']);
  expect(['node_modules', 'src', 'docs'].map(matcher.mayReinclude)).toEqual([false, true, true]);
  expect(ignoreMatcher(['x', '!**/a']).mayReinclude('node_modules')).toBe(true);
});

test.each(['{a}?', '*/a|b', '[a]}'])('doubt: %s holds operators of regular expressions', (pattern) => {
  expect(() => ignoreMatcher([pattern])).toThrow(Doubt);
});

test.each(['a+b', '(a)/**', '**/a|b', '{a}', '(a)/*', '*/a+b'])('%s is compared as a text', (pattern) => {
  const path = pattern.replaceAll(/[*]+/g, 'x');
  expect(ignoreMatcher([pattern]).match(path, undefined).ignored).toBe(true);
  expect(ignoreMatcher([pattern]).match('other', undefined).ignored).toBe(false);
});

test('doubt: a file that is excluded again below an exception, which BuildKit lists and does not open', async () => {
  const ignore = '*/lib\n!src/lib**/a.js\n**/src/l*\n';
  await expect(walkContext(root, parseIgnoreFile(ignore))).rejects.toThrow(Doubt);
});
