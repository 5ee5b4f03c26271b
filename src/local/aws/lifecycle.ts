import { setTimeout as sleep } from 'node:timers/promises';
import { type AwsError, conflict } from './aws-error.ts';
import type { Outcome } from './faults.ts';
import type { Lambda } from './lambda.ts';
import { functionArn } from './names.ts';
import { ImageProblem, type RuntimeImage } from './runtime.ts';
import {
  type CodeState,
  type FunctionState,
  newRevision,
  type PublishedState,
  type VersionState,
} from './state.ts';

/** Lambda's own words for whatever is not ready yet; it says them of updates too. */
export const CREATING = { reason: 'The function is being created.', code: 'Creating' };

/**
 * One change of a function at a time, and none before it exists whole.
 * @throws AwsError ResourceConflictException
 */
export function requireIdle(lambda: Lambda, fn: FunctionState): void {
  if (fn.latest.lastUpdateStatus === 'InProgress')
    throw conflict(
      `The operation cannot be performed at this time. An update is in progress for resource: ${functionArn(lambda.place, fn.name)}`,
    );
  requireState(fn.latest, 'Pending');
}

/** @throws AwsError ResourceConflictException where the version is in one of `states` */
export function requireState(version: VersionState, ...states: VersionState['state'][]): void {
  if (states.includes(version.state)) throw wrongState(version.state);
}

/** ResourceConflictException: not in this state. */
export function wrongState(state: VersionState['state']): AwsError {
  return conflict(
    `The operation cannot be performed at this time. The function is currently in the following state: ${state}`,
  );
}

/**
 * Lets an update, or a creation, come to its end in the background: the image is made ready, `updateMs` passes,
 * then the new code serves; where it fails, the old one goes on. RevisionId changes now and once more at the end.
 * @param published a version that was published with the same request
 */
export function beginUpdate(lambda: Lambda, fn: FunctionState, published?: PublishedState): void {
  const { latest } = fn;
  latest.revisionId = newRevision();
  latest.lastModified = new Date().toISOString();
  latest.generation += 1;
  if (latest.state === 'Pending') {
    latest.stateReason = CREATING.reason;
    latest.stateReasonCode = CREATING.code;
  } else {
    latest.lastUpdateStatus = 'InProgress';
    latest.lastUpdateStatusReason = CREATING.reason;
    latest.lastUpdateStatusReasonCode = CREATING.code;
  }
  const outcome = lambda.faults.update?.(fn.name, latest.code.imageUri ?? '');
  background(lambda, completeUpdate(lambda, fn, latest.generation, outcome, published));
}

/** Goes on with an update that an earlier process left unfinished. */
export function resumeUpdate(lambda: Lambda, fn: FunctionState): void {
  const pending = fn.versions.filter(({ state }) => state === 'Pending');
  if (fn.latest.lastUpdateStatus === 'InProgress' || fn.latest.state === 'Pending')
    background(lambda, completeUpdate(lambda, fn, fn.latest.generation, undefined, ...pending));
  else for (const version of pending) beginVersion(lambda, fn, version);
}

async function completeUpdate(
  lambda: Lambda,
  fn: FunctionState,
  generation: number,
  outcome: Outcome | undefined,
  ...published: (PublishedState | undefined)[]
): Promise<void> {
  if (outcome?.never) return;
  const { latest } = fn;
  const [problem] = await Promise.all([
    prepare(lambda, latest.code, outcome),
    sleep(outcome?.ms ?? lambda.updateMs),
  ]);
  if (lambda.store.state.functions[fn.name] !== fn || latest.generation !== generation) return;
  finish(latest, problem);
  if (!problem) latest.serving = { code: latest.code, settings: latest.settings, generation };
  for (const version of published) if (version) finish(version, problem, version.revisionId);
  lambda.environments.retireUnused();
  await lambda.store.save();
}

/** Makes a published version ready in the background; Pending until then. */
export function beginVersion(lambda: Lambda, fn: FunctionState, version: PublishedState): void {
  const outcome = lambda.faults.version?.(fn.name, version.version);
  // What cannot serve as $LATEST cannot serve as a version of it.
  const { lastUpdateStatus, lastUpdateStatusReasonCode: code, lastUpdateStatusReason: reason } = fn.latest;
  const failed = lastUpdateStatus === 'Failed' && code && reason ? { failed: { code, reason } } : undefined;
  background(lambda, completeVersion(lambda, version, outcome ?? failed));
}

async function completeVersion(lambda: Lambda, version: PublishedState, outcome?: Outcome): Promise<void> {
  if (outcome?.never) return;
  const [problem] = await Promise.all([
    prepare(lambda, version.code, outcome),
    sleep(outcome?.ms ?? lambda.publishMs),
  ]);
  finish(version, problem, version.revisionId);
  await lambda.store.save();
}

function finish(version: VersionState, problem: Problem | undefined, revisionId = newRevision()): void {
  version.revisionId = revisionId;
  if (!problem || version.state === 'Pending') {
    version.state = problem ? 'Failed' : 'Active';
    version.stateReason = problem?.reason;
    version.stateReasonCode = problem?.code;
  }
  version.lastUpdateStatus = problem ? 'Failed' : 'Successful';
  version.lastUpdateStatusReason = problem?.reason;
  version.lastUpdateStatusReasonCode = problem?.code;
}

interface Problem {
  code: string;
  reason: string;
}

async function prepare(lambda: Lambda, code: CodeState, outcome?: Outcome): Promise<Problem | undefined> {
  if (outcome?.failed) return outcome.failed;
  const image = runtimeImage(code);
  if (!image) return undefined;
  try {
    await lambda.runtime.prepare(image);
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { code: error instanceof ImageProblem ? error.code : 'InternalError', reason };
  }
}

/** The image of a version; undefined for a zip function. */
export function runtimeImage(code: CodeState): RuntimeImage | undefined {
  return code.resolvedImageUri === undefined
    ? undefined
    : {
        uri: code.resolvedImageUri,
        digest: `sha256:${code.sha256}`,
        architecture: code.architecture === 'arm64' ? 'arm64' : 'amd64',
      };
}

function background(lambda: Lambda, work: Promise<void>): void {
  work.catch((error: unknown) => lambda.say(`The local Lambda failed in the background: ${String(error)}`));
}
