import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rulesTable } from '../src/doctor/table.ts';

/** Writes the table of rules in docs/doctor.md from the rules themselves; a test keeps the two in step. */
const file = join(import.meta.dirname, '..', 'docs', 'doctor.md');
const text = await readFile(file, 'utf8');
await writeFile(
  file,
  text.replace(
    /(<!-- rules -->\n)[\s\S]*?(<!-- \/rules -->)/,
    (_, start: string, end: string) => `${start}${rulesTable()}\n${end}`,
  ),
);
