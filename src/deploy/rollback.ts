import type { Budget } from '../aws/budget.ts';
import type { FunctionState } from '../aws/lambda.ts';
import { type Eyes, findAlias, getLatest } from './find.ts';
import type { Found, Target } from './plan.ts';
import { type Chosen, previousVersion } from './rollback-plan.ts';

/**
 * Finds out what an alias serves and which version it can go back to.
 * @throws DeployError where the function is missing; ApiError; OutOfTime
 */
export async function findRollback(
  functionName: string,
  inputs: { alias: string; rollbackTo: string },
  eyes: Eyes,
  budget: Budget,
): Promise<{ found: Found; chosen: Chosen }> {
  const latest = await getLatest(eyes.lambda, functionName, budget);
  const alias = await findAlias(eyes, functionName, inputs.alias, budget);
  const found: Found = {
    latest,
    latestImage: 'unknown',
    ...(alias && { alias: alias.alias }),
    aliasImage: 'unknown',
  };
  if (!alias) return { found, chosen: { because: '' } };
  return { found, chosen: await choose(functionName, alias.alias.version, inputs.rollbackTo, eyes, budget) };
}

async function choose(
  functionName: string,
  current: string,
  rollbackTo: string,
  { lambda }: Eyes,
  budget: Budget,
): Promise<Chosen> {
  if (rollbackTo !== 'previous') {
    const version = await lambda.getFunction(functionName, budget, rollbackTo);
    return version
      ? { version, because: 'the one that `rollback-to` names' }
      : { because: `there is no version ${rollbackTo}` };
  }
  const number = previousVersion(await lambda.listVersions(functionName, budget), current);
  const none = { because: `no version below ${current} has another image` };
  if (number === undefined) return none;
  const version = await lambda.getFunction(functionName, budget, number);
  return version ? { version, because: `the highest version below ${current} with another image` } : none;
}

/** The image of a version. */
export function imageOf({ imageUri, digest, architecture }: FunctionState): Target {
  return { uri: imageUri, digest, architecture };
}
