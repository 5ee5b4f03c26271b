import { setTimeout as sleep } from 'node:timers/promises';
import type { Response } from 'express';

/** What a fault sees of a request. */
export interface FaultRequest {
  /** The function's name without ARN and qualifier; '' for operations on none. */
  functionName: string;
  /** Path parameters, query and body as the client sent them. */
  parameters: Record<string, string>;
  query: Record<string, string>;
  body: unknown;
}

/** One wrong answer. With `delayMs` alone the answer is right but late. */
export interface Fault {
  /** HTTP status and error class, such as 429 and `TooManyRequestsException`. */
  status?: number;
  code?: string;
  message?: string;
  /** The connection is cut instead of an answer. */
  dropConnection?: boolean;
  /** No answer ever comes: the connection stays open until the client gives up. */
  hang?: boolean;
  /** With `hang`: the change is made only after the client gave up, as a request that was long on its way. */
  commitLate?: boolean;
  /** 200 with a body that ends in the middle. */
  malformed?: boolean;
  delayMs?: number;
  /** The change is made first, and only its answer is lost or wrong. */
  afterCommit?: boolean;
}

/** How an update or the start of a version ends, where it shall not end well. */
export interface Outcome {
  /** It ends Failed with this reason code (`ImageAccessDenied`, `FunctionError.InvalidEntryPoint`, ...). */
  failed?: { code: string; reason: string };
  /** It stays InProgress, or Pending, for ever. */
  never?: boolean;
  /** It takes so many milliseconds at least. */
  ms?: number;
}

/**
 * Faults that a test puts into the API. The caller holds the object and may change it at any time.
 * Operations are named `service:Operation`: `lambda:UpdateFunctionCode`, `ecr:BatchGetImage`,
 * `sts:AssumeRoleWithWebIdentity`, `logs:FilterLogEvents`.
 */
export interface Faults {
  /** Asked before each operation. It may itself call the API, as another deployer would. */
  before?(operation: string, request: FaultRequest): Fault | undefined | Promise<Fault | undefined>;
  /** Asked when UpdateFunctionCode, UpdateFunctionConfiguration or CreateFunction was accepted. */
  update?(functionName: string, imageUri: string): Outcome | undefined;
  /** Asked when a version was published. */
  version?(functionName: string, version: string): Outcome | undefined;
}

/** Sends an error in the form of the service that was called. */
export type SendError = (response: Response, status: number, code: string, message: string) => void;

/**
 * Runs an operation with the fault that the test wants for it.
 * @param work the operation itself
 * @param send sends what `work` returned
 * @throws whatever `work` throws
 */
export async function withFaults<T>(
  faults: Faults,
  operation: string,
  request: FaultRequest,
  response: Response,
  steps: { work: () => Promise<T>; send: (result: T) => void; sendError: SendError },
): Promise<void> {
  const fault = await faults.before?.(operation, request);
  if (fault === undefined) return steps.send(await steps.work());
  const wrong = fault.dropConnection || fault.hang || fault.malformed || fault.status !== undefined;
  const result = !wrong || fault.afterCommit ? { value: await steps.work() } : undefined;
  if (fault.delayMs) await sleep(fault.delayMs);
  if (fault.hang) {
    await clientGone(response);
    // Nobody hears what becomes of it.
    if (fault.commitLate && !result) await steps.work().catch(() => undefined);
    return;
  }
  if (fault.dropConnection) {
    response.socket?.destroy();
    return;
  }
  if (fault.malformed) {
    response.status(200).send('{"cut off": "in the mid');
    return;
  }
  if (fault.status !== undefined)
    return steps.sendError(
      response,
      fault.status,
      fault.code ?? 'ServiceException',
      fault.message ?? 'Fault',
    );
  if (result) steps.send(result.value);
}

function clientGone(response: Response): Promise<void> {
  return new Promise((resolve) => {
    if (response.closed) resolve();
    else response.once('close', resolve);
  });
}
