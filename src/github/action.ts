import { DeployError, describeError } from '../errors.ts';
import * as core from './core.ts';

/**
 * Runs an action's main or post: on an error shows one `::error` line and ends with exit code 1.
 * A DeployError is shown as the sentence it is; anything else is our own fault and comes with its stack.
 */
export async function runAction(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof DeployError) && error instanceof Error && error.stack) core.info(error.stack);
    core.setFailed(describeError(error));
  }
  // Open keep-alive sockets must not hold the job back once the work is done.
  process.exit(process.exitCode ?? 0);
}
