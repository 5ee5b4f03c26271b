import { runAction } from '../../github/action.ts';
import { openCacheStore } from '../../github/cache.ts';
import { jobContext } from '../../github/context.ts';
import * as core from '../../github/core.ts';
import { inputsFrom } from '../../github/inputs.ts';
import { jobLog } from '../../github/log.ts';
import { foreignRun } from './event.ts';
import { reportForeignRun } from './run.ts';

/** The job with a token that may comment, after a pull request's own job, which had none. */
await runAction(async () => {
  const { env } = process;
  const token = inputsFrom(env).required('github-token', 'a token that may comment on pull requests');
  core.setSecret(token);
  const { repository, runnerTemp } = jobContext(env);
  const tools = { env, repository, runnerTemp, token, log: jobLog, store: openCacheStore() };
  await reportForeignRun(foreignRun(env), tools);
});
