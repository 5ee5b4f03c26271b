import { ApiError } from '../aws/api-error.ts';
import { oneLine } from '../github/foreign-text.ts';
import type { DeployPlan, Found } from './plan.ts';
import type { Context } from './tools.ts';

/**
 * Lets Lambda check an update without making it: permissions, the image and whether it may be pulled.
 * @throws ApiError where Lambda would refuse it
 */
export async function rehearse({ latest }: Found, plan: DeployPlan, context: Context): Promise<void> {
  if (!plan.steps.some((step) => step.do === 'update')) return;
  const { lambda, log } = context.tools;
  const { target, budget } = context;
  try {
    await lambda.updateCode(latest.arn, target.uri, latest.revisionId, budget, { dryRun: true });
    log.info('Lambda would take the update (UpdateFunctionCode with DryRun).');
  } catch (error) {
    const passes = error instanceof ApiError && ['busy', 'stale', 'throttled', 'lost'].includes(error.kind);
    if (!passes) throw error;
    log.info(`Whether Lambda would take the update is not known: ${oneLine(error.message)}`);
  }
}
