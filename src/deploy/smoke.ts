import { ApiError } from '../aws/api-error.ts';
import { Budget, nap, OutOfTime, pause } from '../aws/budget.ts';
import type { LambdaApi } from '../aws/lambda.ts';
import { DeployError } from '../errors.ts';
import { oneLine, showForeign } from '../github/foreign-text.ts';
import type { Log } from '../github/log.ts';
import type { SmokeAttempt } from '../record.ts';
import {
  type Diagnosis,
  diagnose,
  diagnoseUrl,
  type Evidence,
  noEvidence,
  tellingLine,
} from './diagnosis.ts';
import { isBusy } from './find.ts';
import { getEvent, type ReportFigures } from './http-event.ts';
import type { SmokeInputs } from './smoke-inputs.ts';
import { judgeHttp, judgeInvoke, type SmokeSubject, type Verdict } from './smoke-judge.ts';

const ATTEMPTS = 3;
const BETWEEN_MS = 1_000;

/** A smoke test that did not pass, and why, where the evidence shows it. */
export class SmokeFailed extends DeployError {
  readonly diagnosis: Diagnosis | undefined;

  constructor(message: string, hint: string, diagnosis: Diagnosis | undefined) {
    super(message, hint);
    this.diagnosis = diagnosis;
  }
}

/**
 * Sends an HTTP GET, by Invoke or to a URL, until it passes: three attempts at most, a second apart, and only after what
 * a cold start can cause. Throttled calls do not count.
 * @param note is told of every attempt
 * @throws SmokeFailed where it does not pass; whatever `stillOurs` throws
 */
export async function smokeTest(
  subject: SmokeSubject,
  smoke: SmokeInputs,
  tools: { lambda: LambdaApi; log: Log; signal?: AbortSignal },
  note: (attempt: SmokeAttempt, figures: ReportFigures) => void,
): Promise<void> {
  const budget = new Budget(smoke.timeoutMs, tools.signal);
  const seen: Evidence[] = [];
  for (let count = 1; ; count++) {
    const verdict = await tryOnce(subject, smoke, tools.lambda, budget);
    seen.push(verdict.evidence);
    note(verdict.attempt, verdict.figures);
    tools.log.info(attemptLine(verdict.attempt));
    await subject.stillOurs();
    if (verdict.attempt.ok) return;
    if (!verdict.again || count === ATTEMPTS || budget.leftMs() <= BETWEEN_MS) {
      // A last attempt without an answer has no log; the one before it says more than nothing.
      const logTail = seen.findLast((evidence) => evidence.logTail !== '')?.logTail ?? '';
      if (logTail !== '')
        await showForeign(tools.log, `Log of ${subject.functionName}:${subject.qualifier}`, logTail);
      const name = subject.get ? diagnoseUrl : diagnose;
      const diagnosis = name(seen, await subject.lookAround?.());
      throw smokeFailed(subject, verdict, count, diagnosis);
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
      if (subject.get) {
        const answer = await subject.get(path, budget);
        return judgeHttp(answer, smoke, { ...base, ms: elapsed() }, subject.urlInvokeMode);
      }
      const event = getEvent(smoke.path, smoke.query);
      const answer = await lambda.invoke(subject.functionName, subject.qualifier, event, budget);
      return judgeInvoke(answer, subject, smoke, { ...base, ms: elapsed() });
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
      return { attempt: { ...base, problem, ms: elapsed() }, again, evidence, figures: {} };
    }
  }
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
    diagnosis ? `${diagnosis.sentence} ${diagnosis.cure}` : subject.get ? urlHint(attempt.status) : '',
    diagnosis,
  );
}

function urlHint(status: number): string {
  const passed = 'The function itself passed its test by Invoke:';
  return status === 403
    ? `${passed} see AuthType and resource policy of the URL; for AuthType AWS_IAM the deploying role needs \`lambda:InvokeFunctionUrl\` and \`lambda:InvokeFunction\`.`
    : `${passed} see what stands between users and it (domain, path mapping, CDN, authorizer).`;
}
