import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeLocalReport } from '../../src/local/report.ts';
import { writeRecord } from '../../src/record.ts';
import { deployed } from '../report/records.ts';

let folder: string;
const lines: string[] = [];
const report = (hour: number, update: number): Promise<string> => {
  const path = join(folder, 'temp', 'record.json');
  return writeRecord(path, deployed({ hour, update })).then(() =>
    writeLocalReport(folder, 'my-api', path, (line) => void lines.push(line)),
  );
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'local-report-'));
  await mkdir(join(folder, 'run'));
  lines.length = 0;
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test('the report compares with the runs before on this machine', async () => {
  await report(1, 9_000);
  await report(2, 9_100);
  const path = await report(3, 20_000);
  expect(path).toBe(join(folder, 'run', 'report.html'));
  expect(await readFile(path, 'utf8')).toContain('10.9 s slower than the runs before');
  expect(JSON.parse(await readFile(join(folder, 'run', 'record.json'), 'utf8'))).toEqual(
    deployed({ hour: 3, update: 20_000 }),
  );
});

test('a history or record that is broken costs no deploy', async () => {
  await writeFile(join(folder, 'run', 'history-my-api.json'), '{"not": "a list"}');
  expect(await report(1, 9_000)).not.toBe('');
  expect(
    await writeLocalReport(folder, 'my-api', join(folder, 'none.json'), (line) => void lines.push(line)),
  ).toBe('');
  expect(lines).toEqual([expect.stringContaining('No report: ')]);
});
