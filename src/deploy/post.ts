import { setTimeout as sleep } from 'node:timers/promises';
import { Budget } from '../aws/budget.ts';
import { awsConfig } from '../aws/credentials.ts';
import { lambdaApi } from '../aws/lambda.ts';
import { DeployError } from '../errors.ts';
import { runAction } from '../github/action.ts';
import { inputsFrom } from '../github/inputs.ts';
import { jobLog } from '../github/log.ts';
import { readDeployInputs } from './inputs.ts';
import { restore, savedPoints } from './restore.ts';

/** A cancelled job has five minutes for what is left of it; an update that outlasted `update-timeout` is waited for. */
const LONGEST_MS = 4 * 60_000;
const SECOND_LOOK_MS = 2_000;

await runAction(async () => {
  const points = savedPoints();
  if (points.length === 0) return;
  jobLog.info('The deploy did not end in order; what it changed is put back.');
  const inputs = readDeployInputs(inputsFrom(process.env), process.env);
  const tools = { lambda: lambdaApi(await awsConfig(inputs.aws)), log: jobLog };
  const budget = new Budget(LONGEST_MS);
  const problems: string[] = [];
  for (const point of points) {
    let restored = await restore(point, tools, budget);
    if (restored.said.length === 0 && restored.problems.length === 0) {
      // The last request of the killed main may still be on its way.
      await sleep(SECOND_LOOK_MS);
      restored = await restore(point, tools, budget);
    }
    for (const sentence of restored.said) jobLog.info(sentence);
    problems.push(...restored.problems);
  }
  if (problems.length > 0)
    throw new DeployError(problems.join(' '), 'Look at the function and put it back by hand.');
});
