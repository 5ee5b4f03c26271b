import { DeployError } from '../errors.ts';
import { runAction } from '../github/action.ts';
import { jobLog } from '../github/log.ts';
import { DeployAction } from './action.ts';

await runAction(async () => {
  const action = new DeployAction(process.env, jobLog);
  await Promise.race([action.run(), cancelled(action)]);
});

/**
 * Ends the step when the job is cancelled. The runner gives it 7.5 seconds after SIGINT and 2.5 after SIGTERM, too few
 * to put anything back: that is left to the post step, which runs in a cancelled job too.
 * @throws DeployError once the signal came and outputs and record are written
 */
async function cancelled(action: DeployAction): Promise<never> {
  const signal = await new Promise<string>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  const message = `The deploy was cancelled (${signal}); the post step puts back what was changed.`;
  await action.end(message);
  throw new DeployError(message);
}
