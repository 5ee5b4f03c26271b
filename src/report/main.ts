import { runAction } from '../github/action.ts';
import * as core from '../github/core.ts';
import { inputsFrom } from '../github/inputs.ts';
import { readRecord } from '../record.ts';
import { readReportInputs } from './inputs.ts';
import { summaryMarkdown } from './markdown.ts';

await runAction(async () => {
  const { record: path } = readReportInputs(inputsFrom(process.env));
  if (path === '') {
    core.info('No run record: the steps before ended before they measured anything.');
    return;
  }
  const record = await readRecord(path);
  // Outside of GitHub (the local mode) there is no page to write to.
  if (process.env.GITHUB_STEP_SUMMARY) await core.summary.addRaw(summaryMarkdown(record)).write();
  core.setOutput('record', path);
});
