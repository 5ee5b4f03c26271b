import { Budget } from '../../aws/budget.ts';
import type { ImageLookup } from '../../aws/image-lookup.ts';
import type { FunctionState, LambdaApi } from '../../aws/lambda.ts';
import type { ImageConfig } from '../../docker/image-config.ts';
import type { Surroundings } from './evidence.ts';

/** What is looked up for a diagnosis may not hold up what follows: things are put back after it. */
const LIMIT_MS = 5_000;

/**
 * Looks up how a function is set up and what its image says of itself. What cannot be had, for want of time or of
 * permissions, is left out: a diagnosis is made of less, too. Never throws.
 */
export async function lookAround(
  functionName: string,
  version: string,
  eyes: { lambda: LambdaApi; images: ImageLookup },
): Promise<Surroundings> {
  const found = await patiently(eyes.lambda.getFunction(functionName, new Budget(LIMIT_MS), version));
  const image = found && (await patiently(readConfig(found, eyes.images)));
  return { ...(found && { function: found }), ...(image && { image }) };
}

async function readConfig(
  { imageUri }: FunctionState,
  images: ImageLookup,
): Promise<ImageConfig | undefined> {
  const [, host = '', repository = '', digest = ''] = /^([^/]+)\/(.+)@(sha256:\w+)$/.exec(imageUri) ?? [];
  if (digest === '') return undefined;
  const found = await images.find({ host, repository }, digest);
  return found && found.configDigest !== ''
    ? await images.config({ host, repository }, found.configDigest)
    : undefined;
}

async function patiently<T>(work: Promise<T | undefined>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), LIMIT_MS);
  });
  try {
    return await Promise.race([work.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}
