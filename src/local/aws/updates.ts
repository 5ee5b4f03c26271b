import type { z } from 'zod';
import { invalidParameter, wrongRevision } from './aws-error.ts';
import { configuration } from './configuration.ts';
import { changedSettings, updateCodeInput, updateConfigurationInput, zipCode } from './inputs.ts';
import { findFunction, type Lambda } from './lambda.ts';
import { beginUpdate, requireIdle } from './lifecycle.ts';
import type { Target } from './names.ts';
import { parseInput } from './request.ts';
import { resolveImage } from './source-image.ts';
import type { CodeState, FunctionState } from './state.ts';
import { addVersion } from './versions.ts';

/** UpdateFunctionCode. @throws AwsError */
export async function updateFunctionCode(lambda: Lambda, target: Target, body: unknown) {
  const input = parseInput(updateCodeInput, body);
  const fn = findUpdatable(lambda, target);
  const code = await newCode(lambda, fn, input);
  // Another update may have begun while the registry was asked.
  findUpdatable(lambda, target);
  requireIdle(lambda, fn);
  if (input.RevisionId !== undefined && input.RevisionId !== fn.latest.revisionId) throw wrongRevision();
  if (input.DryRun) return configuration(lambda.place, fn, { ...fn.latest, code });
  fn.latest.code = code;
  const published = input.Publish ? addVersion(fn, undefined, 'Pending') : undefined;
  beginUpdate(lambda, fn, published);
  await lambda.store.save();
  return configuration(lambda.place, fn, published ?? fn.latest, published?.version);
}

/** UpdateFunctionConfiguration. @throws AwsError */
export async function updateFunctionConfiguration(lambda: Lambda, target: Target, body: unknown) {
  const input = parseInput(updateConfigurationInput, body);
  const fn = findUpdatable(lambda, target);
  requireIdle(lambda, fn);
  if (input.RevisionId !== undefined && input.RevisionId !== fn.latest.revisionId) throw wrongRevision();
  fn.latest.settings = changedSettings(fn.latest.settings, input);
  beginUpdate(lambda, fn);
  await lambda.store.save();
  return configuration(lambda.place, fn, fn.latest);
}

function findUpdatable(lambda: Lambda, target: Target): FunctionState {
  if (target.qualifier !== undefined && target.qualifier !== '$LATEST')
    throw invalidParameter('Current operation does not support versions other than $LATEST.');
  return findFunction(lambda, { name: target.name });
}

async function newCode(
  lambda: Lambda,
  fn: FunctionState,
  input: z.infer<typeof updateCodeInput>,
): Promise<CodeState> {
  const architecture = input.Architectures?.[0] ?? fn.latest.code.architecture;
  if (fn.latest.code.packageType === 'Image') {
    if (input.ImageUri === undefined)
      throw invalidParameter('Please provide ImageUri when updating a function with packageType Image.');
    return resolveImage(lambda.registry, input.ImageUri, architecture, lambda.anyArchitecture);
  }
  if (input.ImageUri !== undefined)
    throw invalidParameter("Please don't provide ImageUri when updating a function with packageType Zip.");
  if (input.ZipFile === undefined) throw invalidParameter('Please provide a source for function code.');
  return zipCode(input.ZipFile, architecture);
}
