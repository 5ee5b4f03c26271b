import { z } from 'zod';
import { conflict, functionNotFound, notFound, validationError } from './aws-error.ts';
import { findFunction, type Lambda } from './lambda.ts';
import { functionArn, isAliasName, page, type Target } from './names.ts';
import { parseInput } from './request.ts';
import type { FunctionState, UrlState } from './state.ts';

const authType = z.enum(['NONE', 'AWS_IAM'], 'Member must satisfy enum value set: [NONE, AWS_IAM]');
const invokeMode = z.enum(
  ['BUFFERED', 'RESPONSE_STREAM'],
  'Member must satisfy enum value set: [RESPONSE_STREAM, BUFFERED]',
);
const createInput = z.object({ AuthType: authType, InvokeMode: invokeMode.optional() });
const updateInput = z.object({ AuthType: authType.optional(), InvokeMode: invokeMode.optional() });

/** CreateFunctionUrlConfig: the URL listens on a port of its own when this returns. @throws AwsError */
export async function createUrl(lambda: Lambda, target: Target, body: unknown) {
  const input = parseInput(createInput, body);
  const fn = findFunction(lambda, { name: target.name });
  const qualifier = urlQualifier(target);
  if (qualifier !== '' && !fn.aliases[qualifier])
    throw functionNotFound(functionArn(lambda.place, fn.name, qualifier));
  if (find(fn, qualifier))
    throw conflict(
      `Failed to create function url config for [functionArn = ${arn(lambda, fn, qualifier)}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
    );
  const now = new Date().toISOString();
  const url: UrlState = {
    qualifier,
    authType: input.AuthType,
    invokeMode: input.InvokeMode ?? 'BUFFERED',
    port: 0,
    creationTime: now,
    lastModifiedTime: now,
  };
  fn.urls.push(url);
  await lambda.urls.open(fn.name, url);
  await lambda.store.save();
  return answer(lambda, fn, url);
}

/** UpdateFunctionUrlConfig. @throws AwsError */
export async function updateUrl(lambda: Lambda, target: Target, body: unknown) {
  const input = parseInput(updateInput, body);
  const { fn, url } = findUrl(lambda, target);
  url.authType = input.AuthType ?? url.authType;
  url.invokeMode = input.InvokeMode ?? url.invokeMode;
  url.lastModifiedTime = new Date().toISOString();
  await lambda.store.save();
  return answer(lambda, fn, url);
}

/** GetFunctionUrlConfig. @throws AwsError */
export function getUrl(lambda: Lambda, target: Target) {
  const { fn, url } = findUrl(lambda, target);
  return answer(lambda, fn, url);
}

/** ListFunctionUrlConfigs. @throws AwsError */
export function listUrls(lambda: Lambda, target: Target, query: Record<string, string>) {
  const fn = lambda.store.state.functions[target.name];
  if (!fn) throw notFound('Function does not exist');
  const { items, nextMarker } = page(fn.urls, query.Marker, query.MaxItems);
  return { NextMarker: nextMarker, FunctionUrlConfigs: items.map((url) => answer(lambda, fn, url)) };
}

/** DeleteFunctionUrlConfig. @throws AwsError */
export async function deleteUrl(lambda: Lambda, target: Target): Promise<undefined> {
  const { fn, url } = findUrl(lambda, target);
  fn.urls = fn.urls.filter((one) => one !== url);
  await lambda.urls.close(url);
  await lambda.store.save();
}

function findUrl(lambda: Lambda, target: Target): { fn: FunctionState; url: UrlState } {
  const qualifier = urlQualifier(target);
  const fn = lambda.store.state.functions[target.name];
  const url = fn && find(fn, qualifier);
  if (!fn || !url) throw notFound('The resource you requested does not exist.');
  return { fn, url };
}

function find(fn: FunctionState, qualifier: string): UrlState | undefined {
  return fn.urls.find((url) => url.qualifier === qualifier);
}

function urlQualifier({ qualifier }: Target): string {
  if (qualifier !== undefined && !isAliasName(qualifier))
    throw validationError(
      qualifier,
      'qualifier',
      'Member must satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)',
    );
  return qualifier ?? '';
}

function arn(lambda: Lambda, fn: FunctionState, qualifier: string): string {
  return functionArn(lambda.place, fn.name, qualifier === '' ? undefined : qualifier);
}

function answer(lambda: Lambda, fn: FunctionState, url: UrlState) {
  return {
    FunctionUrl: `http://127.0.0.1:${url.port}/`,
    FunctionArn: arn(lambda, fn, url.qualifier),
    AuthType: url.authType,
    InvokeMode: url.invokeMode,
    CreationTime: url.creationTime,
    LastModifiedTime: url.lastModifiedTime,
  };
}
