import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { createAlias, deleteAlias, getAlias, listAliases, updateAlias } from './aliases.ts';
import { AwsError } from './aws-error.ts';
import { type FaultRequest, withFaults } from './faults.ts';
import {
  createFunction,
  deleteFunction,
  getFunction,
  getFunctionConfiguration,
  listFunctions,
  listTags,
  tagResource,
} from './functions.ts';
import { type InvokeResult, invoke } from './invoke.ts';
import type { Lambda } from './lambda.ts';
import { parseTarget, type Target } from './names.ts';
import { addPermission, getPolicy, removePermission } from './policies.ts';
import { parseInput, parseJson } from './request.ts';
import { updateFunctionCode, updateFunctionConfiguration } from './updates.ts';
import { createUrl, deleteUrl, getUrl, listUrls, updateUrl } from './urls.ts';
import { listVersions, publishVersion } from './versions.ts';

/** A request, cut in its parts. */
interface Call extends FaultRequest {
  /** From FunctionName and Qualifier; read lazily, since it may throw. */
  target(): Target;
  payload: Buffer;
  header(name: string): string | undefined;
}

type Handler = (lambda: Lambda, call: Call) => unknown;

const FUNCTIONS = '/2015-03-31/functions';
const FUNCTION = `${FUNCTIONS}/:FunctionName`;
const URL_CONFIG = '/2021-10-31/functions/:FunctionName/url';

const tagsInput = z.object({ Tags: z.record(z.string(), z.string()) });

/**
 * The operations: name, method, path and status as in Lambda's own model (REST-JSON;
 * https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html).
 */
const OPERATIONS: [string, 'get' | 'post' | 'put' | 'delete', string, number, Handler][] = [
  ['CreateFunction', 'post', FUNCTIONS, 201, (l, c) => createFunction(l, c.body)],
  ['ListFunctions', 'get', FUNCTIONS, 200, (l, c) => listFunctions(l, c.query)],
  ['GetFunction', 'get', FUNCTION, 200, (l, c) => getFunction(l, c.target())],
  ['DeleteFunction', 'delete', FUNCTION, 204, (l, c) => deleteFunction(l, c.target())],
  [
    'GetFunctionConfiguration',
    'get',
    `${FUNCTION}/configuration`,
    200,
    (l, c) => getFunctionConfiguration(l, c.target()),
  ],
  [
    'UpdateFunctionConfiguration',
    'put',
    `${FUNCTION}/configuration`,
    200,
    (l, c) => updateFunctionConfiguration(l, c.target(), c.body),
  ],
  ['UpdateFunctionCode', 'put', `${FUNCTION}/code`, 200, (l, c) => updateFunctionCode(l, c.target(), c.body)],
  ['PublishVersion', 'post', `${FUNCTION}/versions`, 201, (l, c) => publishVersion(l, c.target(), c.body)],
  [
    'ListVersionsByFunction',
    'get',
    `${FUNCTION}/versions`,
    200,
    (l, c) => listVersions(l, c.target(), c.query),
  ],
  ['CreateAlias', 'post', `${FUNCTION}/aliases`, 201, (l, c) => createAlias(l, c.target(), c.body)],
  ['ListAliases', 'get', `${FUNCTION}/aliases`, 200, (l, c) => listAliases(l, c.target(), c.query)],
  ['GetAlias', 'get', `${FUNCTION}/aliases/:Name`, 200, (l, c) => getAlias(l, c.target(), name(c))],
  [
    'UpdateAlias',
    'put',
    `${FUNCTION}/aliases/:Name`,
    200,
    (l, c) => updateAlias(l, c.target(), name(c), c.body),
  ],
  ['DeleteAlias', 'delete', `${FUNCTION}/aliases/:Name`, 204, (l, c) => deleteAlias(l, c.target(), name(c))],
  ['Invoke', 'post', `${FUNCTION}/invocations`, 200, invokeCall],
  ['AddPermission', 'post', `${FUNCTION}/policy`, 201, (l, c) => addPermission(l, c.target(), c.body)],
  ['GetPolicy', 'get', `${FUNCTION}/policy`, 200, (l, c) => getPolicy(l, c.target())],
  [
    'RemovePermission',
    'delete',
    `${FUNCTION}/policy/:StatementId`,
    204,
    (l, c) => removePermission(l, c.target(), c.parameters.StatementId ?? ''),
  ],
  ['CreateFunctionUrlConfig', 'post', URL_CONFIG, 201, (l, c) => createUrl(l, c.target(), c.body)],
  ['GetFunctionUrlConfig', 'get', URL_CONFIG, 200, (l, c) => getUrl(l, c.target())],
  ['UpdateFunctionUrlConfig', 'put', URL_CONFIG, 200, (l, c) => updateUrl(l, c.target(), c.body)],
  ['DeleteFunctionUrlConfig', 'delete', URL_CONFIG, 204, (l, c) => deleteUrl(l, c.target())],
  ['ListFunctionUrlConfigs', 'get', `${URL_CONFIG}s`, 200, (l, c) => listUrls(l, c.target(), c.query)],
  ['ListTags', 'get', '/2017-03-31/tags/:Resource', 200, (l, c) => listTags(l, c.parameters.Resource ?? '')],
  [
    'TagResource',
    'post',
    '/2017-03-31/tags/:Resource',
    204,
    (l, c) => tagResource(l, c.parameters.Resource ?? '', parseInput(tagsInput, c.body).Tags),
  ],
];

/** Express routes of Lambda. Errors go to the caller of the router as AwsError. */
export function lambdaRouter(lambda: Lambda): Router {
  const router = Router();
  for (const [operation, method, path, status, handler] of OPERATIONS)
    router[method](path, async (request, response) => {
      const call = readCall(lambda, operation, request);
      await withFaults(lambda.faults, `lambda:${operation}`, call, response, {
        work: async () => handler(lambda, call),
        send: (result) => sendResult(response, status, result),
        sendError: sendLambdaError,
      });
    });
  return router;
}

/** These have `Message` in their JSON, all others `message`: see the error shapes of the API's model. */
const CAPITAL_MESSAGE = new Set([
  'ResourceNotFoundException',
  'ServiceException',
  'AccessDeniedException',
  'InvalidRuntimeException',
]);

/** Sends an error as Lambda does. */
export function sendLambdaError(response: Response, status: number, code: string, message: string): void {
  response
    .status(status)
    .set('x-amzn-ErrorType', code)
    .json({
      Type: status >= 500 ? 'Service' : 'User',
      ...(code === 'TooManyRequestsException' ? { Reason: 'CallerRateLimitExceeded' } : {}),
      [CAPITAL_MESSAGE.has(code) ? 'Message' : 'message']: message,
    });
}

function invokeCall(lambda: Lambda, call: Call): Promise<InvokeResult> {
  return invoke(lambda, {
    target: call.target(),
    type: call.header('x-amz-invocation-type') ?? 'RequestResponse',
    logType: call.header('x-amz-log-type') ?? 'None',
    payload: call.payload,
  });
}

function sendResult(response: Response, status: number, result: unknown): void {
  if (isInvokeResult(result)) {
    response.status(result.status).set(result.headers).type('application/json').send(result.payload);
    return;
  }
  if (result === undefined) response.status(status).end();
  else response.status(status).json(result);
}

function isInvokeResult(result: unknown): result is InvokeResult {
  return (
    typeof result === 'object' && result !== null && 'payload' in result && Buffer.isBuffer(result.payload)
  );
}

function readCall(lambda: Lambda, operation: string, request: Request): Call {
  const payload: unknown = request.body;
  const parameters = firstValues(request.params);
  const query = firstValues(request.query);
  const body = operation === 'Invoke' ? undefined : parseJson(payload);
  const target = () => parseTarget(parameters.FunctionName ?? '', query.Qualifier, lambda.place);
  return {
    functionName: shortName(parameters.FunctionName ?? '') || namedInBody(body),
    parameters,
    query,
    body,
    target,
    payload: Buffer.isBuffer(payload) ? payload : Buffer.alloc(0),
    header: (name) => request.get(name),
  };
}

function name(call: Call): string {
  return call.parameters.Name ?? '';
}

/** For faults alone: the name inside whatever form of FunctionName, good or bad. */
function shortName(raw: string): string {
  return raw.replace(/^.*function:/, '').split(':')[0] ?? '';
}

function namedInBody(body: unknown): string {
  const named = z.object({ FunctionName: z.string() }).safeParse(body);
  return named.success ? shortName(named.data.FunctionName) : '';
}

/** Parameters and query as single strings. */
export function firstValues(values: Record<string, unknown>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [key, value] of Object.entries(values)) {
    const [first] = [value].flat();
    if (typeof first === 'string') result[key] = first;
  }
  return result;
}

/** What a path that is no operation gets. */
export function unknownOperation(): AwsError {
  return new AwsError(404, 'UnknownOperationException', 'The local AWS has no such operation.');
}
