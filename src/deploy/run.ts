import { Budget, OutOfTime } from '../aws/budget.ts';
import type { ImageLookup } from '../aws/image-lookup.ts';
import { DeployError, describeError } from '../errors.ts';
import { type FunctionRecord, timed } from '../record.ts';
import { Overtaken } from './change.ts';
import { Deployment, type Tools } from './deployment.ts';
import { findState } from './find.ts';
import type { DeployInputs } from './inputs.ts';
import { type Found, type Plan, planDeploy, planLines, type Target, type Wanted } from './plan.ts';
import { apiFailure } from './reasons.ts';
import type { Restored } from './restore.ts';

/** What a run works with. */
export interface RunTools extends Tools {
  images: ImageLookup;
}

/** How the deploy to one function ended. */
export interface Ended {
  /** Also in the run record. */
  result: FunctionRecord;
  /** Absent where it ended well. */
  error?: Error;
}

/**
 * Deploys the image to one function: finds out what is true, plans, carries the plan out, and on a failure puts
 * things back. Never throws for what can go wrong with a deploy; the record has it from its first moment on.
 */
export async function deployFunction(
  functionName: string,
  inputs: DeployInputs,
  target: Target,
  tools: RunTools,
): Promise<Ended> {
  const { alias, rollback } = inputs;
  const result = emptyResult(functionName, alias);
  tools.record.deploy = [...(tools.record.deploy ?? []), result];
  const wanted: Wanted = { target, alias, smoke: inputs.smoke !== undefined, rollback };
  const budget = new Budget(inputs.updateTimeoutMs);
  let deployment: Deployment | undefined;
  try {
    const { found, plan } = await timed(tools.record, `deploy ${functionName}: look`, () =>
      look(functionName, wanted, inputs, tools, budget),
    );
    noteFound(result, found, alias);
    tools.log.info(`Function ${found.latest.name}`);
    for (const line of planLines(plan, wanted)) tools.log.info(`  ${line}`);
    if (plan.kind === 'refused') throw new DeployError(`${plan.reason}.`, plan.hint);
    result.reasons.push(`${plan.reason}.`);
    if (plan.kind === 'deploy') for (const warning of plan.warnings) tools.log.warning(warning);
    if (inputs.dryRun) return end(result, 'planned');
    if (plan.kind === 'unchanged') return end(result, 'unchanged');
    deployment = new Deployment(found, plan, { target, inputs, result, tools, budget });
    await deployment.carryOut();
    return end(result, 'deployed');
  } catch (error) {
    const failure = apiFailure(error, `Function ${functionName}`);
    result.reasons.push(describeError(failure));
    if (!deployment) return end(result, 'failed', failure);
    return await afterFailure(deployment, failure, error, result, inputs, tools);
  }
}

async function look(
  functionName: string,
  wanted: Wanted,
  inputs: DeployInputs,
  tools: RunTools,
  budget: Budget,
): Promise<{ found: Found; plan: Plan }> {
  const found = await findState(functionName, wanted, tools, budget, { settle: !inputs.dryRun });
  return { found, plan: planDeploy(found, wanted) };
}

async function afterFailure(
  deployment: Deployment,
  failure: Error,
  cause: unknown,
  result: FunctionRecord,
  inputs: DeployInputs,
  tools: RunTools,
): Promise<Ended> {
  const say = (sentence: string): void => {
    result.reasons.push(sentence);
    tools.log.info(sentence);
  };
  if (cause instanceof Overtaken) {
    deployment.forget();
    return end(result, 'failed', failure);
  }
  if (!inputs.rollback) {
    if (deployment.touched) say('`rollback` is false: everything is left as it is now.');
    return end(result, 'failed', failure);
  }
  if (cause instanceof OutOfTime && deployment.updating) {
    // Lambda refuses any change while it is at work; only later can be seen whether there is something to undo.
    say(
      'Lambda may still be at work on the update; the post step puts the previous image back if it ends well.',
    );
    return end(result, 'failed', failure);
  }
  const restored = await deployment.putBack();
  for (const sentence of restored.said) say(sentence);
  for (const problem of restored.problems) {
    result.reasons.push(problem);
    tools.log.warning(problem);
  }
  if (!deployment.touched) return end(result, 'failed', failure);
  if (deployment.latestStays) say('$LATEST keeps the new image, since there is none to put back.');
  // With an alias users are safe once it is back or where it never moved; without one only when $LATEST is back.
  const safe =
    inputs.alias === '' ? restored.latest === 'back' : restored.alias === 'back' || restored.alias === 'kept';
  if (safe) return end(result, 'rolled-back', rolledBack(failure, result, inputs));
  return end(result, 'failed', notTakenBack(failure, restored));
}

function notTakenBack(failure: Error, { said, problems }: Restored): Error {
  const why = [...problems, ...said].join(' ') || 'There is no image to put back.';
  return new DeployError(`${describeError(failure)} It was not rolled back: ${why}`);
}

function rolledBack(failure: Error, result: FunctionRecord, inputs: DeployInputs): Error {
  const where =
    inputs.alias === ''
      ? 'the previous image is back'
      : `alias ${inputs.alias} ${result.version === '' ? 'does not exist, as before' : `serves version ${result.version}, as before`}`;
  if (!(failure instanceof DeployError)) return failure;
  return new DeployError(`${failure.message.replace(/\.$/, '')}; rolled back, ${where}.`, failure.hint, {
    cause: failure,
  });
}

function end(result: FunctionRecord, how: FunctionRecord['result'], error?: Error): Ended {
  result.result = how;
  return { result, ...(error && { error }) };
}

/** The record of a function before anything is known of it. */
export function emptyResult(functionName: string, alias: string): FunctionRecord {
  const version = alias === '' ? '$LATEST' : '';
  return {
    function: functionName,
    arn: functionName.startsWith('arn:') ? functionName : '',
    alias,
    result: 'failed',
    version,
    previousVersion: version,
    waits: [],
    smoke: [],
    reasons: [],
  };
}

function noteFound(result: FunctionRecord, { latest, alias }: Found, wantedAlias: string): void {
  result.arn = latest.arn;
  const serves = wantedAlias === '' ? '$LATEST' : (alias?.version ?? '');
  result.version = serves;
  result.previousVersion = serves;
}
