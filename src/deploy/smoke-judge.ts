import type { Budget } from '../aws/budget.ts';
import type { InvokeAnswer } from '../aws/lambda.ts';
import { oneLine } from '../github/foreign-text.ts';
import type { SmokeAttempt } from '../record.ts';
import { type Evidence, noEvidence, type Surroundings } from './diagnosis.ts';
import {
  functionError,
  type HttpAnswer,
  httpAnswer,
  initDuration,
  type ReportFigures,
  rawAnswer,
  reportFigures,
} from './http-event.ts';
import type { SmokeInputs } from './smoke-inputs.ts';

/** What is tested. */
export interface SmokeSubject {
  functionName: string;
  /** A version number, an alias, `$LATEST`, or the host of a URL. */
  qualifier: string;
  /** The version that has to answer. */
  version: string;
  /** While traffic is shared: the version that may answer too, well or badly, which says nothing of ours. */
  older?: string;
  /** Throws where somebody else has put other code there: its answers are none of ours. */
  stillOurs: () => Promise<void>;
  /** Asks a URL instead of Invoke; its answer does not tell which version gave it. */
  get?: (path: string, budget: Budget) => Promise<HttpAnswer>;
  /** How the function's own URL passes answers on; absent for any other URL, and for Invoke. */
  urlInvokeMode?: Evidence['urlInvokeMode'];
  /** Looks up what a diagnosis is made of beside the answers; asked once the test has failed, and never throws. */
  lookAround?: () => Promise<Surroundings>;
}

/** One attempt and what follows from it. */
export interface Verdict {
  attempt: SmokeAttempt;
  /** Whether a cold start can be the cause, so that another attempt may pass. */
  again: boolean;
  evidence: Evidence;
  figures: ReportFigures;
}

/** Passed: no FunctionError, the version that was meant, the status and the body. Invoke's own 200 proves nothing. */
export function judgeInvoke(
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
    figures: reportFigures(answer.logTail),
  };
}

/**
 * Passed: status and body of what a URL answered. Lambda's own 429 says that it is busy.
 * @param urlInvokeMode of a function's own URL: an answer that it passes on unread did not pass, whatever its status
 */
export function judgeHttp(
  http: HttpAnswer,
  smoke: SmokeInputs,
  base: Omit<SmokeAttempt, 'problem'>,
  urlInvokeMode: Evidence['urlInvokeMode'],
): Verdict {
  const raw = urlInvokeMode && rawAnswer(http.body);
  const { problem, again } = raw
    ? { problem: `the URL (${urlInvokeMode}) shows what the function returns (${raw}), unread`, again: false }
    : httpProblem(http, smoke);
  return {
    attempt: { ...base, status: http.status, body: http.body.slice(0, 500), ok: problem === '', problem },
    again: again || (problem !== '' && http.status === 429),
    evidence: {
      ...noEvidence(base.path, smoke.status),
      status: http.status,
      body: http.body.slice(0, 2_000),
      ...(urlInvokeMode && { urlInvokeMode }),
    },
    figures: {},
  };
}

function findProblem(
  answer: InvokeAnswer,
  http: HttpAnswer | undefined,
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
  return httpProblem(http, smoke);
}

function httpProblem(http: HttpAnswer, smoke: SmokeInputs): { problem: string; again: boolean } {
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
