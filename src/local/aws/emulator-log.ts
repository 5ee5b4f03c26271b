import type { InvokeAnswer } from './runtime.ts';

/**
 * Reads what the Runtime Interface Emulator answers and logs, and tells it as Lambda does. Lines of the emulator
 * itself look like `24 Nov 2026 10:54:16,618 [INFO] (rapid) INIT REPORT(durationMs: 88.822000)`.
 */

/** What was seen of one invoke. */
export interface Observation {
  requestId: string;
  version: string;
  memoryMb: number;
  timeoutSeconds: number;
  /** HTTP status and body of the emulator; 0 where it cut the connection. */
  status: number;
  body: Buffer;
  /** From sending the payload to the answer, in milliseconds. */
  elapsedMs: number;
  /** Lines that the container logged since the invoke before, or since its start. */
  lines: string[];
  /** As `[a b]`, for the line of a command that cannot be started. */
  launch: { entryPoint: string[]; command: string[]; workingDirectory: string };
}

const RAPID = /^\d{2} \w{3} \d{4} [\d:,]+ \[(\w+)\] \(rapid\) (.*)$/;
/** The emulator's own server where a call is cut off at its time-out, with a stack that would fill the 4 KB of log. */
const PANIC = /^time=\S+ level=\w+ msg="http: panic serving /;
const BOUNDARY = /^(START|END|REPORT) RequestId: /;

interface Seen {
  initLines: string[];
  invokeLines: string[];
  extensions: string[];
  initMs?: number;
  fatalType?: string;
  fatalReason?: string;
}

/** True once the log holds all that the emulator logs about an invoke. */
export function isComplete(lines: string[]): boolean {
  return lines.some(
    (line) => line.startsWith('REPORT RequestId: ') || / \(rapid\) Reset initiated: /.test(line),
  );
}

/** True once the payload has reached the emulator. */
export function hasStarted(lines: string[]): boolean {
  return lines.some((line) => line.startsWith('START RequestId: '));
}

/** The answer of one invoke in Lambda's own form. */
export function answerOf(observed: Observation): InvokeAnswer {
  const seen = read(observed.lines);
  const failure = failureOf(observed, seen);
  const initMs = seen.initMs === undefined ? undefined : Math.min(seen.initMs, observed.elapsedMs);
  const durationMs = Math.max(0.01, observed.elapsedMs - (failure?.duringInit ? 0 : (initMs ?? 0)));
  const answer: InvokeAnswer = {
    payload: failure?.payload ?? observed.body,
    log: lambdaLog(observed, seen, failure, durationMs, initMs),
    durationMs,
  };
  if (initMs !== undefined) answer.initMs = initMs;
  if (failure) answer.functionError = 'Unhandled';
  if (failure?.spent) answer.spent = true;
  return answer;
}

function read(lines: string[]): Seen {
  const seen: Seen = { initLines: [], invokeLines: [], extensions: [] };
  let invoking = !lines.some((line) => line.includes('(rapid) INIT START'));
  for (const line of lines) {
    const rapid = RAPID.exec(line);
    if (rapid?.[2] !== undefined) {
      if (rapid[2].startsWith('INVOKE START')) invoking = true;
      readRapid(seen, rapid[2]);
    } else if (!BOUNDARY.test(line) && !PANIC.test(line) && line !== '')
      (invoking ? seen.invokeLines : seen.initLines).push(line);
  }
  return seen;
}

/** The first of each counts: after a failed start the emulator tries again and then tells of that. */
function readRapid(seen: Seen, text: string): void {
  const agent = /^External agent (\S+) \(.*registered/.exec(text);
  if (agent?.[1]) seen.extensions.push(agent[1]);
  const init = /^INIT REPORT\(durationMs: ([\d.]+)\)/.exec(text);
  if (init) seen.initMs ??= Number(init[1]);
  const fatal = /^First fatal error stored in appctx: (\S+)/.exec(text);
  if (fatal) seen.fatalType ??= fatal[1];
  const failed = /^(?:Init|Invoke) failed (?:InvokeID=\S* )?error=(.*?)(?: InvokeID=\S*)?$/.exec(text);
  if (failed) seen.fatalReason ??= failed[1];
}

interface Failure {
  type: string;
  reason: string;
  payload: Buffer;
  /** The environment cannot be used again. */
  spent: boolean;
  /** The function never got to serve. */
  duringInit: boolean;
  /** `Task timed out` has a line of its own. */
  timedOut: boolean;
}

function failureOf(observed: Observation, seen: Seen): Failure | undefined {
  const duringInit =
    seen.initMs !== undefined &&
    !observed.lines.some((line) => line.includes('(rapid) INIT RTDONE(status: success'));
  const spent = (type: string, reason: string, timedOut = false): Failure => ({
    type,
    reason,
    payload: Buffer.from(
      JSON.stringify({ errorType: type, errorMessage: `RequestId: ${observed.requestId} Error: ${reason}` }),
    ),
    spent: true,
    duringInit,
    timedOut,
  });
  const text = observed.body.toString('utf8');
  if (/^Task timed out after /.test(text)) return spent('Sandbox.Timedout', text.trim(), true);
  if (observed.status === 0)
    return spent(
      'Sandbox.Timedout',
      `Task timed out after ${observed.timeoutSeconds.toFixed(2)} seconds`,
      true,
    );
  if (observed.status !== 200 && seen.fatalType)
    return spent(seen.fatalType, seen.fatalReason ?? 'Runtime exited without providing a reason');
  const own = errorShape(text);
  if (own)
    return {
      ...own,
      payload: observed.body,
      spent: observed.status !== 200,
      duringInit: false,
      timedOut: false,
    };
  if (observed.status !== 200)
    return spent('Runtime.ExitError', seen.fatalReason ?? 'Runtime exited without providing a reason');
  return undefined;
}

/** `{"errorType", "errorMessage"}`: what a runtime reports of a failed invoke. */
function errorShape(text: string): { type: string; reason: string } | undefined {
  if (!text.startsWith('{') || !text.includes('"errorType"')) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    const { errorType, errorMessage, statusCode } = Object(parsed) as Record<string, unknown>;
    if (typeof errorType !== 'string' || statusCode !== undefined) return undefined;
    return { type: errorType, reason: String(errorMessage ?? '') };
  } catch {
    return undefined;
  }
}

function lambdaLog(
  observed: Observation,
  seen: Seen,
  failure: Failure | undefined,
  durationMs: number,
  initMs: number | undefined,
): string {
  const { requestId } = observed;
  const ready = seen.extensions.map((name) => `EXTENSION\tName: ${name}\tState: Ready\tEvents: []`);
  const status = failure
    ? failure.timedOut
      ? 'Status: timeout'
      : `Status: error\tError Type: ${failure.type}`
    : '';
  const lines = [...seen.initLines];
  if (failure?.type === 'Runtime.InvalidEntrypoint') lines.push(launchError(observed, failure.reason));
  if (failure?.type === 'Extension.LaunchError')
    lines.push(
      `EXTENSION\tName: ${failure.reason.match(/extensions\/([^:\s]+)/)?.[1] ?? 'unknown'}\tState: LaunchError\tEvents: []`,
    );
  if (failure?.duringInit && initMs !== undefined)
    lines.push(`INIT_REPORT Init Duration: ${initMs.toFixed(2)} ms\tPhase: init\t${status}`);
  lines.push(...ready, `START RequestId: ${requestId} Version: ${observed.version}`, ...seen.invokeLines);
  if (failure?.timedOut) lines.push(`${new Date().toISOString()} ${requestId} ${failure.reason}`, '');
  else if (failure?.spent) lines.push(`RequestId: ${requestId} Error: ${failure.reason}`, failure.type);
  const report = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${durationMs.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(observed.elapsedMs)} ms`,
    `Memory Size: ${observed.memoryMb} MB`,
    ...(initMs !== undefined && !failure?.duringInit ? [`Init Duration: ${initMs.toFixed(2)} ms`] : []),
    ...(status ? [status] : []),
  ];
  lines.push(`END RequestId: ${requestId}`, report.join('\t'));
  return `${lines.filter((line) => line !== '').join('\n')}\n`;
}

function launchError({ launch }: Observation, reason: string): string {
  return `IMAGE\tLaunch error: ${reason}\tEntrypoint: [${launch.entryPoint.join(' ')}]\tCmd: [${launch.command.join(' ')}]\tWorkingDir: [${launch.workingDirectory}]`;
}
