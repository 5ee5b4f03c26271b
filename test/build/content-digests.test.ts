import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contentDigests, type FileToRead } from '../../src/build/content-digests.ts';
import { Doubt } from '../../src/docker/dockerignore.ts';

const mebibyte = 1 << 20;
const files: FileToRead[] = [];
const expected: string[] = [];
let root = '';

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'content-'));
  const sizes = [0, 1, mebibyte - 1, mebibyte, mebibyte + 1, 3 * mebibyte];
  // Enough for several batches of each thread.
  for (let index = 0; index < 3000; index += 1) {
    const content = Buffer.alloc(sizes[index] ?? 5 + (index % 7), `${index} `);
    const path = join(root, `${index}`);
    writeFileSync(path, content);
    files.push({ path, size: content.length });
    expected.push(createHash('sha256').update(content).digest('hex'));
  }
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe.each([1, 2, 5])('with %i threads', (threads) => {
  test('each file has its own digest, in order', async () => {
    expect(await contentDigests(files, threads)).toEqual(expected);
  });

  test('a file that grew or shrank after it was listed is read to its end', async () => {
    const listed = files.map(({ path }, index) => ({ path, size: index % 3 }));
    expect(await contentDigests(listed, threads)).toEqual(expected);
  });

  test('a file that is gone is a doubt', async () => {
    const gone = { path: join(root, 'gone'), size: 1 };
    await expect(contentDigests([...files, gone], threads)).rejects.toThrow(Doubt);
  });
});

test('no files, no digests', async () => {
  expect(await contentDigests([])).toEqual([]);
});
