import { type Budget, pause } from '../aws/budget.ts';
import type { ImageLookup } from '../aws/image-lookup.ts';
import type { FunctionState, LambdaApi } from '../aws/lambda.ts';
import { DeployError } from '../errors.ts';
import type { Log } from '../github/log.ts';
import { imagePresence } from './image.ts';
import { type Found, latestRuns, type Presence, type Wanted } from './plan.ts';

/** What a look needs to ask. */
export interface Eyes {
  lambda: LambdaApi;
  images: ImageLookup;
  log: Log;
}

/** An update is under way, or the function is still being made: changes are refused with a 409. */
export function isBusy(state: FunctionState): boolean {
  return state.lastUpdateStatus === 'InProgress' || state.state === 'Pending';
}

/**
 * Finds out what is true of a function. What ECR holds is asked only where something may have to be put back.
 * @param options.settle true: wait until an update of somebody else is over, since its outcome decides the plan
 * @throws DeployError where the function is missing; ApiError; OutOfTime
 */
export async function findState(
  functionName: string,
  wanted: Wanted,
  eyes: Eyes,
  budget: Budget,
  options: { settle: boolean },
): Promise<Found> {
  let latest = await getLatest(eyes.lambda, functionName, budget, wanted.target.uri);
  if (isBusy(latest)) {
    eyes.log.info(
      `${latest.name}: another operation is under way (${latest.state}, ${latest.lastUpdateStatus}).`,
    );
    for (let round = 0; options.settle && isBusy(latest); round++) {
      budget.waitingFor = `another operation is under way (${latest.state}, ${latest.lastUpdateStatus})`;
      await pause(budget, round);
      latest = await getLatest(eyes.lambda, functionName, budget, wanted.target.uri);
    }
  }
  const alias = wanted.alias === '' ? undefined : await findAlias(eyes, functionName, wanted.alias, budget);
  const unknown: Presence = 'unknown';
  if (!wanted.rollback || latest.packageType !== 'Image')
    return { latest, latestImage: unknown, ...(alias && { alias: alias.alias }), aliasImage: unknown };
  const { digest } = wanted.target;
  const presence = (uri: string, asked: boolean): Promise<Presence> =>
    asked ? imagePresence(uri, eyes.images, eyes.log) : Promise.resolve(unknown);
  const aliasMoves = alias !== undefined && alias.alias.digest !== digest;
  const latestChanges = !latestRuns(latest, digest) && (alias === undefined || aliasMoves);
  // Where both are the same image, as they mostly are, one look is enough.
  const latestImage = await presence(latest.imageUri, latestChanges);
  const aliasImage =
    latestChanges && alias?.imageUri === latest.imageUri
      ? latestImage
      : await presence(alias?.imageUri ?? '', aliasMoves);
  return { latest, latestImage, ...(alias && { alias: alias.alias }), aliasImage };
}

/**
 * `$LATEST`.
 * @param imageUri what it should run, for the words on how to create it
 * @throws DeployError where there is no such function
 */
export async function getLatest(
  lambda: LambdaApi,
  name: string,
  budget: Budget,
  imageUri = '',
): Promise<FunctionState> {
  const latest = await lambda.getFunction(name, budget);
  if (latest) return latest;
  const command = `aws lambda create-function --function-name ${name} --package-type Image --code ImageUri=${imageUri} --role ROLE_ARN`;
  throw new DeployError(
    `Function ${name} does not exist in this account and Region.`,
    imageUri === ''
      ? 'Check `function-name`, `aws-region` and the account.'
      : `Check \`function-name\`, \`aws-region\` and the account. To create it, set \`create-function\` to the ARN of its execution role, or run: ${command}`,
  );
}

/** An alias and the image of its version; undefined where there is none. */
export async function findAlias(
  eyes: Eyes,
  functionName: string,
  name: string,
  budget: Budget,
): Promise<{ alias: NonNullable<Found['alias']>; imageUri: string } | undefined> {
  const alias = await eyes.lambda.getAlias(functionName, name, budget);
  if (!alias) return undefined;
  // By its number, not by the alias: whoever moves the alias meanwhile must not mix the two.
  const version = await eyes.lambda.getFunction(functionName, budget, alias.version);
  return { alias: { ...alias, digest: version?.digest ?? '' }, imageUri: version?.imageUri ?? '' };
}
