import { conflict, invalidParameter, wrongRevision } from './aws-error.ts';
import { configuration, fingerprint, listedConfiguration } from './configuration.ts';
import { publishInput } from './inputs.ts';
import { findFunction, type Lambda } from './lambda.ts';
import { beginVersion, CREATING, requireIdle } from './lifecycle.ts';
import { page, type Target } from './names.ts';
import { parseInput } from './request.ts';
import { type FunctionState, newRevision, type PublishedState } from './state.ts';

/** PublishVersion: a copy of `$LATEST` that never changes, or the last one where nothing changed. @throws AwsError */
export async function publishVersion(lambda: Lambda, target: Target, body: unknown) {
  const input = parseInput(publishInput, body);
  const fn = findFunction(lambda, { name: target.name });
  requireIdle(lambda, fn);
  if (input.RevisionId !== undefined && input.RevisionId !== fn.latest.revisionId) throw wrongRevision();
  const { sha256 } = fn.latest.code;
  if (input.CodeSha256 !== undefined && input.CodeSha256 !== sha256)
    throw invalidParameter(
      `CodeSHA256 (${input.CodeSha256}) is different from current CodeSHA256 in $LATEST (${sha256}). Please try again with the CodeSHA256 in $LATEST.`,
    );
  const last = fn.versions.at(-1);
  if (last && last.publishedFrom === fingerprint(fn.latest.code, fn.latest.settings))
    return configuration(lambda.place, fn, last, last.version);
  const pending = lambda.publishMs > 0 || fn.latest.lastUpdateStatus === 'Failed';
  const version = addVersion(fn, input.Description, pending ? 'Pending' : 'Active');
  // Publishing is a change of $LATEST too, as recordings of the real service show.
  fn.latest.revisionId = newRevision();
  const answer = configuration(lambda.place, fn, version, version.version);
  if (pending) beginVersion(lambda, fn, version);
  await lambda.store.save();
  return answer;
}

/** Puts the next version into the function's state. */
export function addVersion(
  fn: FunctionState,
  description: string | undefined,
  state: 'Pending' | 'Active',
): PublishedState {
  const { code, settings } = fn.latest;
  const version: PublishedState = {
    version: String(fn.nextVersion),
    code,
    settings: { ...settings, description: description ?? settings.description },
    revisionId: newRevision(),
    lastModified: new Date().toISOString(),
    state,
    ...(state === 'Pending'
      ? { stateReason: CREATING.reason, stateReasonCode: CREATING.code }
      : { lastUpdateStatus: 'Successful' }),
    publishedFrom: fingerprint(code, settings),
  };
  fn.nextVersion += 1;
  fn.versions.push(version);
  return version;
}

/** ListVersionsByFunction: `$LATEST` first, then ascending. @throws AwsError */
export function listVersions(lambda: Lambda, target: Target, query: Record<string, string>) {
  const fn = findFunction(lambda, { name: target.name });
  const all = [fn.latest, ...fn.versions];
  const { items, nextMarker } = page(all, query.Marker, query.MaxItems);
  return {
    NextMarker: nextMarker,
    Versions: items.map((one) => listedConfiguration(lambda.place, fn, one, one.version)),
  };
}

/** DeleteFunction with a version number. @throws AwsError where an alias points at it */
export async function deleteVersion(lambda: Lambda, fn: FunctionState, version: string): Promise<void> {
  const users = Object.values(fn.aliases).filter(
    (alias) => alias.functionVersion === version || version in alias.weights,
  );
  if (users.length > 0)
    throw conflict(
      `Unable to delete version because the following aliases reference it: [${users.map(({ name }) => name).join(', ')}]`,
    );
  fn.versions = fn.versions.filter((one) => one.version !== version);
  lambda.environments.retireUnused();
  await lambda.store.save();
}
