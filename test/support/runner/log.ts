/** One line of `act --json`: a logrus entry with the fields that act adds (its pkg/runner/logger.go, command.go). */
export interface LogLine {
  level: string;
  msg: string;
  /** The job's id and name. */
  jobID?: string;
  job?: string;
  /** Name of the step of the job. */
  step?: string;
  /** The step's id, and below it those in the composite actions that it calls. */
  stepID?: string[];
  stage?: 'Pre' | 'Main' | 'Post';
  /** Text that a program printed. */
  raw_output?: boolean;
  /** `set-output`, `add-mask`, `error`, `summary`, ... */
  command?: string;
  name?: string;
  arg?: string;
  kvPairs?: Record<string, string>;
  content?: string;
  stepResult?: Outcome;
  jobResult?: string;
}

export type Outcome = 'success' | 'failure' | 'skipped';

/** One step in one stage. */
export interface StepOutcome {
  jobID: string;
  /** Ids from the job's step down, joined by `/`: `deploy/build`; a step without an id has its number from 0. */
  path: string;
  stage: 'Pre' | 'Main' | 'Post';
  /** As the log shows it: the step's name, or what it uses. */
  name: string;
  outcome: Outcome;
  outputs: Record<string, string>;
}

/** Reads the lines of `act --json --verbose`; what is no JSON (a panic of act) becomes an error line. */
export function parseLine(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { level: 'error', msg: text };
  }
}

/** Whether a line is act's own chatter: not a skip, and not a `::debug::` of an action. */
export function isChatter(line: LogLine): boolean {
  if (line.msg.startsWith('LocalRepositoryCache ')) return true;
  return (
    line.level === 'debug' && line.stepResult === undefined && line.jobResult === undefined && !line.command
  );
}

/** The log as a person reads it; lines of act itself are indented as in its own display. */
export function readableLog(lines: readonly LogLine[]): string {
  return lines
    .filter(({ level }) => level !== 'debug')
    .map(({ msg, raw_output }) => (raw_output ? `| ${msg.trimEnd()}` : msg.trimEnd()))
    .join('\n');
}

/** What became of each step, in the order in which the steps ended. */
export function stepOutcomes(lines: readonly LogLine[]): StepOutcome[] {
  const steps: StepOutcome[] = [];
  const outputs = new Map<string, Record<string, string>>();
  for (const line of lines) {
    if (!line.stepID || !line.stage || !line.jobID) continue;
    const path = stepPath(line.stepID, line.stage);
    const key = `${line.jobID} ${path}`;
    if (line.command === 'set-output' && line.name !== undefined) {
      // A step's outputs are logged after its result.
      const known = outputs.get(key) ?? {};
      outputs.set(key, Object.assign(known, { [line.name]: line.arg ?? '' }));
    }
    if (line.stepResult === undefined) continue;
    const ofThisStep = outputs.get(key) ?? {};
    outputs.set(key, ofThisStep);
    const name = stepName(line);
    steps.push({
      jobID: line.jobID,
      path,
      stage: line.stage,
      name,
      outcome: line.stepResult,
      outputs: ofThisStep,
    });
  }
  return steps;
}

/**
 * In the stage Post act adds each nested step's id to those of its siblings that came before: only the first and
 * the last are right there, which is enough for one composite action in a job.
 */
function stepPath(ids: readonly string[], stage: LogLine['stage']): string {
  return stage === 'Post' && ids.length > 2 ? `${ids[0]}/${ids.at(-1)}` : ids.join('/');
}

/** Nested steps carry the name of the job's step in `step`; their own stands in the message alone. */
function stepName({ msg, step }: LogLine): string {
  const ended = / - (?:Pre|Main|Post) (.*) \[[^\]]*\]\s*$/.exec(msg)?.[1];
  const skipped = /^skipping (?:post )?step (?:for )?'(.*?)'(?: due to |;)/is.exec(msg)?.[1];
  return ended || skipped || step || '';
}

/** Annotations of the run, in order. */
export function annotations(lines: readonly LogLine[]): { level: string; message: string }[] {
  return lines
    .filter(({ command }) => command === 'error' || command === 'warning' || command === 'notice')
    .map(({ command = '', arg = '' }) => ({ level: command, message: arg }));
}

/** Values that actions asked to be hidden. */
export function masks(lines: readonly LogLine[]): string[] {
  return lines.flatMap(({ command, arg }) => (command === 'add-mask' && arg ? [arg] : []));
}

/** What the steps wrote into GITHUB_STEP_SUMMARY, in order. */
export function summary(lines: readonly LogLine[]): string {
  return lines
    .flatMap(({ command, content }) => (command === 'summary' && content ? [content] : []))
    .join('\n');
}
