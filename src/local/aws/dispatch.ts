import type { Request, Response } from 'express';
import { AwsError } from './aws-error.ts';
import { cloudwatchOperations } from './cloudwatch-api.ts';
import { type Ecr, ecrOperations } from './ecr-api.ts';
import { type SendError, withFaults } from './faults.ts';
import type { Lambda } from './lambda.ts';
import { firstValues, unknownOperation } from './lambda-api.ts';
import { logsOperations } from './logs-api.ts';
import { RegistryDenied } from './registry.ts';
import { parseJson } from './request.ts';
import { type Sessions, stsError, stsOperations, stsResponse } from './sts-api.ts';

/** `/` serves all the protocols that name their operation in a header (JSON 1.1) or a field (Query). */
export async function dispatch(
  lambda: Lambda,
  ecr: Ecr,
  sessions: Sessions,
  request: Request,
  response: Response,
): Promise<void> {
  const target = request.get('x-amz-target');
  const sendError = target === undefined ? sendStsError : sendJsonError;
  try {
    if (target === undefined) await serveSts(lambda, sessions, request, response);
    else await serveJson(lambda, ecr, sessions, target, request, response);
  } catch (error) {
    answerError(lambda, error, response, sendError);
  }
}

/** By the first part of X-Amz-Target. */
const SERVICES: Readonly<Record<string, 'logs' | 'ecr' | 'cloudwatch'>> = {
  Logs_20140328: 'logs',
  AmazonEC2ContainerRegistry_V20150921: 'ecr',
  GraniteServiceVersion20100801: 'cloudwatch',
};

async function serveJson(
  lambda: Lambda,
  ecr: Ecr,
  sessions: Sessions,
  target: string,
  request: Request,
  response: Response,
): Promise<void> {
  requireSignature(request, sessions);
  const [prefix, name = ''] = target.split('.');
  const service = SERVICES[prefix ?? ''];
  if (service === undefined) throw unknownOperation();
  const body = parseJson(request.body);
  const works = { logs: logsWork, ecr: ecrWork, cloudwatch: cloudwatchWork };
  const work = works[service]({ lambda, ecr }, name, body);
  const seen = { functionName: '', parameters: {}, query: {}, body };
  await withFaults(lambda.faults, `${service}:${name}`, seen, response, {
    work,
    send: (result) => {
      response
        .type(`application/x-amz-json-${service === 'cloudwatch' ? '1.0' : '1.1'}`)
        .send(JSON.stringify(result));
    },
    sendError: sendJsonError,
  });
}

/** What the operations of JSON services work on. */
interface Backs {
  lambda: Lambda;
  ecr: Ecr;
}

function cloudwatchWork({ lambda }: Backs, name: string, body: unknown): () => Promise<unknown> {
  const operation = cloudwatchOperations[name];
  if (!operation) throw unknownOperation();
  return () => operation(lambda.alarms, body);
}

function logsWork({ lambda }: Backs, name: string, body: unknown): () => Promise<unknown> {
  const operation = logsOperations[name];
  if (!operation) throw unknownOperation();
  return () => operation(lambda.logs, body);
}

function ecrWork({ ecr }: Backs, name: string, body: unknown): () => Promise<unknown> {
  const operation = ecrOperations[name];
  if (!operation) throw unknownOperation();
  return () => operation(ecr, body);
}

async function serveSts(
  lambda: Lambda,
  sessions: Sessions,
  request: Request,
  response: Response,
): Promise<void> {
  const form = Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '';
  const parameters = { ...firstValues(request.query), ...Object.fromEntries(new URLSearchParams(form)) };
  const name = parameters.Action ?? '';
  const operation = stsOperations[name];
  if (!operation) throw new AwsError(400, 'InvalidAction', `Could not find operation ${name}`);
  const accessKeyId = name === 'AssumeRoleWithWebIdentity' ? '' : requireSignature(request, sessions);
  const seen = { functionName: '', parameters, query: {}, body: undefined };
  await withFaults(lambda.faults, `sts:${name}`, seen, response, {
    work: async () => operation(lambda.place, sessions, { parameters, accessKeyId }),
    send: (result) => {
      response.type('text/xml').send(stsResponse(name, result));
    },
    sendError: sendStsError,
  });
}

/**
 * A signature is not verified, but there must be one, and its keys must not be out of date.
 * @returns the access key id
 */
export function requireSignature(request: Request, sessions: Sessions): string {
  const header = request.get('authorization');
  const credential =
    /Credential=([^/,\s]+)/.exec(header ?? '')?.[1] ??
    firstValues(request.query)['X-Amz-Credential']?.split('/')[0];
  if (credential === undefined)
    throw new AwsError(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
  sessions.check(credential);
  return credential;
}

const sendJsonError: SendError = (response, status, code, message) => {
  response
    .status(status)
    .type('application/x-amz-json-1.1')
    .send(JSON.stringify({ __type: code, message }));
};

const sendStsError: SendError = (response, status, code, message) => {
  response.status(status).type('text/xml').send(stsError(code, message));
};

/** Answers what an operation threw. */
export function answerError(lambda: Lambda, error: unknown, response: Response, send: SendError): void {
  if (response.headersSent) response.destroy();
  else if (error instanceof AwsError) send(response, error.status, error.code, error.message);
  else if (error instanceof RegistryDenied) send(response, 403, 'AccessDeniedException', error.message);
  else {
    lambda.say(`The local AWS failed: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    send(response, 500, 'ServiceException', error instanceof Error ? error.message : String(error));
  }
}
