import { setTimeout as sleep } from 'node:timers/promises';
import { DeployError } from '../errors.ts';
import { runAction } from '../github/action.ts';
import { jobLog } from '../github/log.ts';
import { DeployAction } from './action.ts';

/** After SIGINT the runner waits 7.5 seconds for SIGTERM, and 2.5 more before it kills. */
const LAST_MS = 6_500;

await runAction(async () => {
  const action = new DeployAction(process.env, jobLog);
  await Promise.race([action.run(), cancelled(action)]);
});

/**
 * Ends the step when the job is cancelled. The deploy is told to stop, which puts a shifted alias back at once;
 * what takes Lambda longer is left to the post step, which runs in a cancelled job too.
 * @throws DeployError once a second signal came, or the deploy did not stop in time
 */
async function cancelled(action: DeployAction): Promise<never> {
  const signal = await nextSignal();
  action.cancel(signal);
  await Promise.race([nextSignal(), sleep(LAST_MS)]);
  const message = `The deploy was cancelled (${signal}); the post step puts back what was changed.`;
  await action.end(message);
  throw new DeployError(message);
}

async function nextSignal(): Promise<string> {
  return await new Promise<string>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}
