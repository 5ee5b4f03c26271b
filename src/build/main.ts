import { describeError } from '../errors.ts';
import { runAction } from '../github/action.ts';
import { jobContext } from '../github/context.ts';
import * as core from '../github/core.ts';
import { inputsFrom } from '../github/inputs.ts';
import { jobLog } from '../github/log.ts';
import { newRecord, newRecordPath, readRecord, writeRecord } from '../record.ts';
import { readBuildInputs } from './inputs.ts';
import { runBuildAction } from './run.ts';

await runAction(async () => {
  const inputs = readBuildInputs(inputsFrom(process.env), process.env);
  for (const { value } of inputs.secrets)
    for (const line of value.split('\n')) if (line.trim() !== '') core.setSecret(line);
  const job = jobContext(process.env);
  const path = inputs.record || newRecordPath(job.runnerTemp);
  const record = inputs.record === '' ? newRecord() : await readRecord(path);
  core.setOutput('record', path);
  core.saveState('record', path);
  try {
    await runBuildAction(inputs, {
      job,
      record,
      log: jobLog,
      env: process.env,
      keep: core.saveState,
    });
  } catch (error) {
    record.build = { tags: [], vertices: [], reason: '', ...record.build, result: 'failed' };
    record.result = 'failed';
    if (error instanceof Error) record.reasons.push(describeError(error));
    throw error;
  } finally {
    core.setOutput('build-result', record.build?.result ?? 'failed');
    core.setOutput('image-uri', record.image?.uri ?? '');
    core.setOutput('digest', record.image?.digest ?? '');
    core.setOutput('tags', (record.build?.tags ?? []).join('\n'));
    await writeRecord(path, record);
  }
});
