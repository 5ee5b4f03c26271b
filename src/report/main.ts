import { describeError } from '../errors.ts';
import { runAction } from '../github/action.ts';
import { openCacheStore } from '../github/cache.ts';
import { jobContext } from '../github/context.ts';
import * as core from '../github/core.ts';
import { inputsFrom } from '../github/inputs.ts';
import { jobLog } from '../github/log.ts';
import { readRecord } from '../record.ts';
import { readReportInputs } from './inputs.ts';
import { planReport } from './plan.ts';
import { runReport } from './run.ts';

await runAction(async () => {
  const { env } = process;
  const inputs = readReportInputs(inputsFrom(env));
  if (inputs.token !== '') core.setSecret(inputs.token);
  if (inputs.record === '') {
    core.info('No run record: the steps before ended before they measured anything.');
    return;
  }
  core.setOutput('record', inputs.record);
  const record = await readRecord(inputs.record).catch((error: unknown) => {
    // Never a reason to fail what was deployed.
    core.warning(`Report: ${describeError(error)}.`);
    return undefined;
  });
  if (!record) return;
  const job = jobContext(env);
  await runReport(planReport(inputs, job, record), record, {
    env,
    job,
    log: jobLog,
    store: openCacheStore(),
    token: inputs.token,
    // Outside of GitHub (the local mode) there may be no page to write to.
    async summarize(markdown) {
      if (env.GITHUB_STEP_SUMMARY) await core.summary.addRaw(markdown).write();
    },
  });
});
