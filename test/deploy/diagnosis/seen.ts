import { expect } from 'vitest';
import type { FunctionState } from '../../../src/aws/lambda.ts';
import { diagnose, type Evidence, noEvidence, type Surroundings } from '../../../src/deploy/diagnosis.ts';

/** A cause, what shows it, what its sentence must hold, and what stands around it. */
export type Row = [cause: string, seen: Evidence, says: RegExp, around?: Surroundings];

/** Fails unless the evidence is named as the row says. */
export function expectNamed(...[cause, seen, says, around]: Row): void {
  const found = diagnose([seen], around);
  expect(found?.cause).toBe(cause);
  expect(found?.sentence).toMatch(says);
  expect(`${found?.sentence}${found?.cure}`).not.toMatch(/[{}\n]/);
}

/** What a smoke test of /health saw. */
export const evidence = (more: Partial<Evidence>): Evidence => ({ ...noEvidence('/health', 200), ...more });
/** A call that failed, in Lambda's own words, which are not the emulator's. @param log lines */
export const failed = (errorType: string, errorMessage: string, ...log: string[]): Evidence =>
  evidence({ errorType, errorMessage: `RequestId: 1f Error: ${errorMessage}`, logTail: log.join('\n') });
/** A line that Lambda writes about a call. */
export const report =
  'REPORT RequestId: 1f\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 90 MB';
/** A call that ended with the function's Timeout. @param log lines before the REPORT */
export const timedOut = (...log: string[]): Evidence =>
  failed('Sandbox.Timedout', 'Task timed out after 3.00 seconds', ...log, `${report}\tStatus: timeout`);
/** A function with these variables. */
export const running = (
  environment: Record<string, string>,
  more: Partial<FunctionState> = {},
): Surroundings => ({
  function: {
    architecture: 'amd64',
    stateReasonCode: '',
    lastUpdateReasonCode: '',
    settings: { memoryMb: 128, timeoutSeconds: 3, environment },
    ...more,
  } as FunctionState,
});
/** The adapter's line while it waits. */
export const notReady = 'app is not ready after 2000ms url=http://127.0.0.1:8080/';
