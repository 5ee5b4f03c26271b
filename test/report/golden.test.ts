import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { compare } from '../../src/report/compare.ts';
import { reportMarkdown } from '../../src/report/markdown.ts';
import { cases } from './cases.ts';

const golden = join(import.meta.dirname, 'golden');

/** `UPDATE_GOLDEN=1` writes the files anew. They are part of the product: look at the difference before committing. */
test.each(Object.entries(cases))('%s', async (name, { run, base, heading }) => {
  const text = reportMarkdown(run, compare(run, base), { limit: 65_536, heading });
  const path = join(golden, `${name}.md`);
  if (process.env.UPDATE_GOLDEN) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  expect(text).toBe(await readFile(path, 'utf8'));
});
