import { randomUUID } from 'node:crypto';
import { conflict, functionNotFound, invalidParameter } from './aws-error.ts';
import { codeLocation, configuration, listedConfiguration } from './configuration.ts';
import { changedSettings, createFunctionInput, zipCode } from './inputs.ts';
import { findFunction, type Lambda, resolveTarget } from './lambda.ts';
import { beginUpdate } from './lifecycle.ts';
import { functionArn, isAliasName, page, parseTarget, type Target } from './names.ts';
import { parseInput } from './request.ts';
import { resolveImage } from './source-image.ts';
import type { CodeState, FunctionState } from './state.ts';
import { addVersion, deleteVersion } from './versions.ts';

/** CreateFunction, from an image or (so that one exists) a zip file. @throws AwsError */
export async function createFunction(lambda: Lambda, body: unknown) {
  const input = parseInput(createFunctionInput, body);
  const { name } = parseTarget(input.FunctionName, undefined, lambda.place);
  requireNew(lambda, name);
  const architecture = input.Architectures?.[0] ?? 'x86_64';
  const code = await firstCode(lambda, input, architecture);
  requireNew(lambda, name);
  const none = { description: '', role: input.Role, memorySize: 128, timeout: 3 };
  const settings = changedSettings(none, input);
  const fn: FunctionState = {
    id: randomUUID(),
    name,
    latest: {
      version: '$LATEST',
      code,
      settings,
      revisionId: '',
      lastModified: '',
      state: 'Pending',
      generation: 0,
      serving: { code, settings, generation: 1 },
    },
    versions: [],
    nextVersion: 1,
    aliases: {},
    urls: [],
    policies: {},
    tags: input.Tags ?? {},
  };
  lambda.store.state.functions[name] = fn;
  const published = input.Publish ? addVersion(fn, undefined, 'Pending') : undefined;
  beginUpdate(lambda, fn, published);
  await lambda.store.save();
  return configuration(lambda.place, fn, published ?? fn.latest);
}

/** GetFunction. @throws AwsError */
export function getFunction(lambda: Lambda, target: Target) {
  const { fn, version } = resolveTarget(lambda, target);
  return {
    Configuration: configuration(lambda.place, fn, version, target.qualifier),
    Code: codeLocation(version.code),
    Tags: Object.keys(fn.tags).length > 0 ? fn.tags : undefined,
  };
}

/** GetFunctionConfiguration. @throws AwsError */
export function getFunctionConfiguration(lambda: Lambda, target: Target) {
  const { fn, version } = resolveTarget(lambda, target);
  return configuration(lambda.place, fn, version, target.qualifier);
}

/** ListFunctions; with FunctionVersion=ALL their versions too. @throws AwsError */
export function listFunctions(lambda: Lambda, query: Record<string, string>) {
  const functions = Object.values(lambda.store.state.functions).sort((a, b) => (a.name < b.name ? -1 : 1));
  const all = functions.flatMap((fn) =>
    query.FunctionVersion === 'ALL'
      ? [fn.latest, ...fn.versions].map((one) => listedConfiguration(lambda.place, fn, one, one.version))
      : [listedConfiguration(lambda.place, fn, fn.latest)],
  );
  const { items, nextMarker } = page(all, query.Marker, query.MaxItems);
  return { NextMarker: nextMarker, Functions: items };
}

/** DeleteFunction: the function with all it has, or one version. @throws AwsError */
export async function deleteFunction(lambda: Lambda, target: Target): Promise<undefined> {
  const { name, qualifier } = target;
  if (qualifier === '$LATEST')
    throw invalidParameter('$LATEST version cannot be deleted without deleting the function.');
  if (qualifier !== undefined && isAliasName(qualifier))
    throw invalidParameter('Deletion of aliases is not currently supported.');
  const fn = findFunction(lambda, target);
  if (qualifier !== undefined) {
    await deleteVersion(lambda, fn, qualifier);
    return;
  }
  for (const url of fn.urls) await lambda.urls.close(url);
  delete lambda.store.state.functions[name];
  lambda.environments.retireUnused();
  await lambda.store.save();
}

function requireNew(lambda: Lambda, name: string): void {
  if (lambda.store.state.functions[name]) throw conflict(`Function already exist: ${name}`);
}

async function firstCode(
  lambda: Lambda,
  { PackageType, Code }: { PackageType?: string; Code: { ImageUri?: string; ZipFile?: string } },
  architecture: CodeState['architecture'],
): Promise<CodeState> {
  if (PackageType === 'Image') {
    if (Code.ImageUri === undefined)
      throw invalidParameter('Please provide ImageUri when creating a function with packageType Image.');
    return resolveImage(lambda.registry, Code.ImageUri, architecture, lambda.anyArchitecture);
  }
  if (Code.ImageUri !== undefined)
    throw invalidParameter("Please don't provide ImageUri when creating a function with packageType Zip.");
  if (Code.ZipFile === undefined) throw invalidParameter('Please provide a source for function code.');
  return zipCode(Code.ZipFile, architecture);
}

/** ListTags. @throws AwsError */
export function listTags(lambda: Lambda, arn: string) {
  return { Tags: findFunction(lambda, tagTarget(lambda, arn)).tags };
}

/** TagResource. @throws AwsError */
export async function tagResource(
  lambda: Lambda,
  arn: string,
  tags: Record<string, string>,
): Promise<undefined> {
  Object.assign(findFunction(lambda, tagTarget(lambda, arn)).tags, tags);
  await lambda.store.save();
}

function tagTarget(lambda: Lambda, arn: string): Target {
  const target = parseTarget(arn, undefined, lambda.place);
  if (target.qualifier !== undefined)
    throw invalidParameter(
      'Tags on function aliases and versions are not supported. Please specify a function ARN.',
    );
  if (!lambda.store.state.functions[target.name])
    throw functionNotFound(functionArn(lambda.place, target.name));
  return target;
}
