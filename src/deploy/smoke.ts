import { ApiError } from '../aws/api-error.ts';
import { Budget, nap, OutOfTime, pause } from '../aws/budget.ts';
import type { InvokeAnswer, LambdaApi } from '../aws/lambda.ts';
import { DeployError } from '../errors.ts';
import { oneLine, showForeign } from '../github/foreign-text.ts';
import type { Log } from '../github/log.ts';
import type { SmokeAttempt } from '../record.ts';
import {
  type Diagnosis,
  diagnose,
  type Evidence,
  noEvidence,
  type Surroundings,
  tellingLine,
} from './diagnosis.ts';
import { isBusy } from './find.ts';
import { functionError, getEvent, httpAnswer, initDuration } from './http-event.ts';
import type { SmokeInputs } from './smoke-inputs.ts';

const ATTEMPTS = 3;
const BETWEEN_MS = 1_000;

/** What is tested. */
export interface SmokeSubject {
  functionName: string;
  /** A version number, an alias or `$LATEST`. */
  qualifier: string;
  /** The version that has to answer. */
  version: string;
  /** While traffic is shared: the version that may answer too, well or badly, which says nothing of ours. */
  older?: string;
  /** Throws where somebody else has put other code there: its answers are none of ours. */
  stillOurs: () => Promise<void>;
  /** Looks up what a diagnosis is made of beside the answers; asked once the test has failed, and never throws. */
  lookAround?: () => Promise<Surroundings>;
}

/** A smoke test that did not pass, and why, where the evidence shows it. */
export class SmokeFailed extends DeployError {
  readonly diagnosis: Diagnosis | undefined;

  constructor(message: string, hint: string, diagnosis: Diagnosis | undefined) {
    super(message, hint);
    this.diagnosis = diagnosis;
  }
}

/** One attempt and what follows from it. */
interface Verdict {
  attempt: SmokeAttempt;
  /** Whether a cold start can be the cause, so that another attempt may pass. */
  again: boolean;
  evidence: Evidence;
}

/**
 * Invokes the function with an HTTP GET until it passes: three attempts at most, a second apart, and only after what
 * a cold start can cause. Throttled calls do not count.
 * @param note is told of every attempt
 * @throws SmokeFailed where it does not pass; whatever `stillOurs` throws
 */
export async function smokeTest(
  subject: SmokeSubject,
  smoke: SmokeInputs,
  tools: { lambda: LambdaApi; log: Log; signal?: AbortSignal },
  note: (attempt: SmokeAttempt) => void,
): Promise<void> {
  const budget = new Budget(smoke.timeoutMs, tools.signal);
  const seen: Evidence[] = [];
  for (let count = 1; ; count++) {
    const verdict = await tryOnce(subject, smoke, tools.lambda, budget);
    seen.push(verdict.evidence);
    note(verdict.attempt);
    tools.log.info(attemptLine(verdict.attempt));
    await subject.stillOurs();
    if (verdict.attempt.ok) return;
    if (!verdict.again || count === ATTEMPTS || budget.leftMs() <= BETWEEN_MS) {
      // A last attempt without an answer has no log; the one before it says more than nothing.
      const logTail = seen.findLast((evidence) => evidence.logTail !== '')?.logTail ?? '';
      if (logTail !== '')
        await showForeign(tools.log, `Log of ${subject.functionName}:${subject.qualifier}`, logTail);
      throw smokeFailed(subject, verdict, count, diagnose(seen, await subject.lookAround?.()));
    }
    await nap(BETWEEN_MS, tools.signal);
    await whileNotReady(subject, tools.lambda, budget);
  }
}

async function tryOnce(
  subject: SmokeSubject,
  smoke: SmokeInputs,
  lambda: LambdaApi,
  budget: Budget,
): Promise<Verdict> {
  const path = smoke.query === '' ? smoke.path : `${smoke.path}?${smoke.query}`;
  const base = { qualifier: subject.qualifier, path, status: 0, body: '', ok: false };
  let start = performance.now();
  const elapsed = (): number => Math.round(performance.now() - start);
  for (let round = 0; ; round++) {
    start = performance.now();
    try {
      const event = getEvent(smoke.path, smoke.query);
      const answer = await lambda.invoke(subject.functionName, subject.qualifier, event, budget);
      return judge(answer, subject, smoke, { ...base, ms: elapsed() });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.kind === 'throttled' && budget.leftMs() > BETWEEN_MS) {
        await pause(budget, round + 1, 5_000);
        continue;
      }
      const problem =
        error.code === 'TimeoutError'
          ? `no answer within ${smoke.timeoutMs / 1000} s`
          : `${error.operation}: ${error.code}: ${oneLine(error.message)}`;
      // A new alias may not be known everywhere yet (absent); 5xx exceptions are failed starts.
      const again = ['busy', 'lost', 'absent', 'throttled'].includes(error.kind) || error.status >= 500;
      const evidence = { ...noEvidence(path, smoke.status), refusal: `${error.code}: ${error.message}` };
      return { attempt: { ...base, problem, ms: elapsed() }, again, evidence };
    }
  }
}

/** Passed: no FunctionError, the version that was meant, the status and the body. Invoke's own 200 proves nothing. */
function judge(
  answer: InvokeAnswer,
  subject: SmokeSubject,
  smoke: SmokeInputs,
  base: Omit<SmokeAttempt, 'problem'>,
): Verdict {
  const initMs = initDuration(answer.logTail);
  const http = answer.functionError === '' ? httpAnswer(answer.payload) : undefined;
  const error = answer.functionError === '' ? { type: '', message: '' } : functionError(answer.payload);
  const { problem, again } = findProblem(answer, http, error, subject, smoke);
  return {
    attempt: {
      ...base,
      status: http?.status ?? 0,
      body: (http?.body ?? answer.payload).slice(0, 500),
      ok: problem === '',
      problem,
      ...(initMs !== undefined && { initMs }),
    },
    again,
    evidence: {
      ...noEvidence(base.path, smoke.status),
      errorType: error.type,
      errorMessage: error.message,
      status: http?.status ?? 0,
      body: (http?.body ?? answer.payload).slice(0, 2_000),
      logTail: answer.logTail,
    },
  };
}

function findProblem(
  answer: InvokeAnswer,
  http: { status: number; body: string } | undefined,
  error: { type: string; message: string },
  subject: SmokeSubject,
  smoke: SmokeInputs,
): { problem: string; again: boolean } {
  if (subject.older !== undefined && answer.executedVersion === subject.older)
    return { problem: '', again: false };
  if (answer.functionError !== '') {
    const said = [error.type, error.message].filter((part) => part !== '').join(': ') || answer.payload;
    return { problem: `the function failed: ${oneLine(said)}`, again: true };
  }
  if (answer.executedVersion !== subject.version)
    return { problem: `version ${answer.executedVersion} answered, not ${subject.version}`, again: true };
  if (!http)
    return {
      problem: `the answer is not an HTTP response (no statusCode): ${oneLine(answer.payload).slice(0, 100)}`,
      again: false,
    };
  if (http.status !== smoke.status) {
    const body = oneLine(http.body).slice(0, 200);
    return {
      problem: `status ${http.status} instead of ${smoke.status}${body === '' ? '' : `, body ${JSON.stringify(body)}`}`,
      again: http.status >= 500,
    };
  }
  if (smoke.body !== undefined && !holds(http.body, smoke.body))
    return {
      problem: `the body does not hold ${smoke.body instanceof RegExp ? String(smoke.body) : JSON.stringify(smoke.body)}: ${JSON.stringify(oneLine(http.body).slice(0, 200))}`,
      again: false,
    };
  return { problem: '', again: false };
}

function holds(body: string, wanted: string | RegExp): boolean {
  return typeof wanted === 'string' ? body.includes(wanted) : wanted.test(body);
}

/** A call wakes an inactive function, which takes longer than the second between two attempts. */
async function whileNotReady(subject: SmokeSubject, lambda: LambdaApi, budget: Budget): Promise<void> {
  try {
    for (let round = 2; ; round++) {
      const now = await lambda.getFunction(subject.functionName, budget, subject.version);
      if (!now || !isBusy(now)) return;
      await pause(budget, round);
    }
  } catch (error) {
    // The attempt that follows says better what is wrong.
    if (!(error instanceof OutOfTime || error instanceof ApiError)) throw error;
  }
}

function attemptLine(attempt: SmokeAttempt): string {
  const cold = attempt.initMs === undefined ? '' : `, cold start ${Math.round(attempt.initMs)} ms`;
  return `Smoke test of ${attempt.qualifier}: GET ${attempt.path}: ${attempt.ok ? `status ${attempt.status}` : attempt.problem} (${attempt.ms} ms${cold})`;
}

function smokeFailed(
  subject: SmokeSubject,
  { attempt, evidence }: Verdict,
  count: number,
  diagnosis: Diagnosis | undefined,
): SmokeFailed {
  const what = subject.qualifier === subject.version ? `version ${subject.version}` : subject.qualifier;
  // A diagnosis has the app's own words already.
  const line = diagnosis ? '' : tellingLine(evidence.logTail);
  const log = line === '' || attempt.problem.includes(line) ? '' : `; log: ${line}`;
  return new SmokeFailed(
    `Function ${subject.functionName}: ${what} failed its smoke test GET ${attempt.path}: ${attempt.problem}${log} (${count === 1 ? '1 attempt' : `${count} attempts`}).`,
    diagnosis ? `${diagnosis.sentence} ${diagnosis.cure}` : '',
    diagnosis,
  );
}
