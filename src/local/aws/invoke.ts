import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { chooseVersion } from './aliases.ts';
import { AwsError, validationError } from './aws-error.ts';
import { findVersion, type Lambda, resolveTarget } from './lambda.ts';
import { requireState, runtimeImage, wrongState } from './lifecycle.ts';
import type { Target } from './names.ts';
import { ImageProblem, type InvokeAnswer } from './runtime.ts';
import type { FunctionState, LatestState, PublishedState } from './state.ts';

/** Largest payload of a synchronous invoke, in bytes. */
export const MOST_PAYLOAD = 6_291_456;

/** Invoke as its headers ask for it. */
export interface InvokeCall {
  target: Target;
  type: string;
  logType: string;
  payload: Buffer;
}

/** Invoke's own answer. */
export interface InvokeResult {
  status: number;
  headers: Record<string, string>;
  payload: Buffer;
}

/** Invoke: `RequestResponse`, `Event` (answered at once, run once in the background) or `DryRun`. @throws AwsError */
export async function invoke(lambda: Lambda, call: InvokeCall): Promise<InvokeResult> {
  if (call.payload.length > MOST_PAYLOAD)
    throw new AwsError(
      413,
      'RequestTooLargeException',
      `Request must be smaller than ${MOST_PAYLOAD} bytes for the InvokeFunction operation`,
    );
  if (!['RequestResponse', 'Event', 'DryRun'].includes(call.type))
    throw validationError(
      call.type,
      'invocationType',
      'Member must satisfy enum value set: [Event, RequestResponse, DryRun]',
    );
  const payload = checkedPayload(call.payload);
  if (call.type === 'DryRun') {
    resolveTarget(lambda, call.target);
    return { status: 204, headers: {}, payload: Buffer.alloc(0) };
  }
  if (call.type === 'Event') {
    const { fn, version } = chooseTarget(lambda, call.target);
    run(lambda, fn, version, payload, randomUUID()).catch((error: unknown) =>
      lambda.say(`An asynchronous invoke of ${fn.name} failed: ${String(error)}`),
    );
    return { status: 202, headers: {}, payload: Buffer.alloc(0) };
  }
  const { answer, executedVersion } = await invokeTarget(lambda, call.target, payload);
  const headers: Record<string, string> = { 'X-Amz-Executed-Version': executedVersion };
  if (answer.functionError) headers['X-Amz-Function-Error'] = answer.functionError;
  // The last 4 KB, as Lambda has it.
  if (call.logType === 'Tail')
    headers['X-Amz-Log-Result'] = Buffer.from(answer.log).subarray(-4096).toString('base64');
  return { status: 200, headers, payload: answer.payload };
}

/**
 * One synchronous invoke of a function, a version or an alias, whose weights decide at each call.
 * @throws AwsError where it is missing, not Active, or its environment cannot be started
 */
export async function invokeTarget(
  lambda: Lambda,
  target: Target,
  payload: Buffer,
): Promise<{ answer: InvokeAnswer; executedVersion: string; requestId: string }> {
  const { fn, version } = chooseTarget(lambda, target);
  const requestId = randomUUID();
  const answer = await run(lambda, fn, version, payload, requestId);
  return { answer, executedVersion: version.version, requestId };
}

function chooseTarget(
  lambda: Lambda,
  target: Target,
): { fn: FunctionState; version: LatestState | PublishedState } {
  const { fn, alias, version: main } = resolveTarget(lambda, target);
  const version = alias ? findVersion(lambda, fn, chooseVersion(alias, lambda.random())) : main;
  if (version.state === 'Inactive') throw wake(lambda, version);
  requireState(version, 'Pending', 'Failed');
  return { fn, version };
}

/** The first invoke of an idle function fails and brings it back. */
function wake(lambda: Lambda, version: LatestState | PublishedState): AwsError {
  version.state = 'Pending';
  version.stateReason = 'The function is being restored.';
  version.stateReasonCode = 'Restoring';
  sleep(lambda.updateMs)
    .then(() => {
      version.state = 'Active';
      version.stateReason = undefined;
      version.stateReasonCode = undefined;
      return lambda.store.save();
    })
    .catch((error: unknown) => lambda.say(`The local AWS state cannot be written: ${String(error)}`));
  return wrongState('Inactive');
}

async function run(
  lambda: Lambda,
  fn: FunctionState,
  version: LatestState | PublishedState,
  payload: Buffer,
  requestId: string,
): Promise<InvokeAnswer> {
  const { code, settings } = 'serving' in version ? version.serving : version;
  const image = runtimeImage(code);
  if (!image)
    throw new AwsError(
      502,
      'InvalidRuntimeException',
      'Only functions from container images run in the local AWS.',
    );
  try {
    const { answer, logStream } = await lambda.environments.invoke(
      fn,
      image,
      {
        functionName: fn.name,
        version: version.version,
        memoryMb: settings.memorySize,
        timeoutSeconds: settings.timeout,
        environment: settings.environment ?? {},
        region: lambda.place.region,
        entryPoint: settings.imageConfig?.EntryPoint,
        command: settings.imageConfig?.Command,
        workingDirectory: settings.imageConfig?.WorkingDirectory,
      },
      payload,
      requestId,
    );
    await lambda.logs.append(fn.name, logStream, answer.log);
    return answer;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    lambda.say(`Cannot run ${fn.name} (${version.version}): ${reason}`);
    if (error instanceof ImageProblem) throw new AwsError(502, 'ResourceNotReadyException', reason);
    throw new AwsError(500, 'ServiceException', reason);
  }
}

function checkedPayload(payload: Buffer): Buffer {
  if (payload.length === 0) return Buffer.from('{}');
  try {
    JSON.parse(payload.toString('utf8'));
    return payload;
  } catch (error) {
    throw new AwsError(
      400,
      'InvalidRequestContentException',
      `Could not parse request body into json: ${error instanceof Error ? error.message : error}`,
    );
  }
}
