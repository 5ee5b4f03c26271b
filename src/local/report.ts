import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '../errors.ts';
import { type RunRecord, readRecord } from '../record.ts';
import { readState, writeState } from './parts/once.ts';

/** Runs that are kept for the trend. */
const kept = 20;

/**
 * Writes record.json and report.html into the local mode's `run` folder; the report compares with the function's runs
 * before on this machine. A report that cannot be written costs one line, never a deploy.
 * @param folder the ignored folder of the local mode
 * @param path of the run record; '' where none was written
 * @returns the path of report.html; '' where there is none
 */
export async function writeLocalReport(
  folder: string,
  functionName: string,
  path: string,
  print: (line: string) => void,
): Promise<string> {
  if (path === '') return '';
  try {
    const [run, { compare }, { reportHtml }] = await Promise.all([
      readRecord(path),
      import('../report/compare.ts'),
      import('../report/html.ts'),
    ]);
    const history = join(folder, 'run', `history-${encodeURIComponent(functionName)}.json`);
    const before = await readHistory(history);
    const target = join(folder, 'run', 'report.html');
    await copyFile(path, join(folder, 'run', 'record.json'));
    await writeFile(target, reportHtml(run, compare(run, before), before, { base: 'the runs before' }));
    await writeState(history, [...before, run].slice(-kept));
    return target;
  } catch (error) {
    print(`No report: ${describeError(error)}`);
    return '';
  }
}

async function readHistory(path: string): Promise<RunRecord[]> {
  const found = await readState<unknown>(path);
  return Array.isArray(found) ? found.filter((run): run is RunRecord => run?.schema === 1) : [];
}
