import type { FunctionState } from '../aws/lambda.ts';
import { type Found, type Plan, type Step, shortDigest, urlStep, type Wanted, weightsText } from './plan.ts';
import { statusReason } from './reasons.ts';

/** The version to go back to, as it was found. */
export interface Chosen {
  /** Absent where there is none. */
  version?: FunctionState;
  /** Why this one, as the end of a sentence; or why there is none. */
  because: string;
}

/** A published version, as lists show it. */
export interface ListedVersion {
  version: string;
  codeSha256: string;
}

/**
 * The version before `current`: the highest number below it whose image differs. Lambda keeps no history of an
 * alias, and versions of the same image differ in their settings alone.
 * @returns undefined where there is none
 */
export function previousVersion(versions: readonly ListedVersion[], current: string): string | undefined {
  const image = versions.find(({ version }) => version === current)?.codeSha256;
  const lower = versions
    .filter(({ version, codeSha256 }) => Number(version) < Number(current) && codeSha256 !== image)
    .map(({ version }) => Number(version));
  return lower.length > 0 ? String(Math.max(...lower)) : undefined;
}

/** Decides how the alias goes back; makes no call. `$LATEST` stays as it is: no user of an alias sees it. */
export function planRollback(found: Found, chosen: Chosen, wanted: Wanted): Plan {
  const { latest, alias } = found;
  const name = wanted.alias;
  if (!alias)
    return {
      kind: 'refused',
      reason: `Alias ${name} of ${latest.name} does not exist, so there is nothing to roll back`,
      hint: 'Check `alias`.',
    };
  const { version } = chosen;
  if (!version)
    return {
      kind: 'refused',
      reason: `Function ${latest.name} has no version to go back to: ${chosen.because}`,
      hint: 'Name a version that is there in `rollback-to`, or deploy the image again by `image-uri`.',
    };
  if (version.state === 'Failed') {
    const { cause, cure } = statusReason(version.stateReasonCode, version.stateReason);
    return {
      kind: 'refused',
      reason: `Version ${version.version} of ${latest.name} cannot run: ${cause}`,
      hint: `${cure}.`,
    };
  }
  const weighted = Object.keys(alias.weights).length > 0;
  if (version.version === alias.version && !weighted)
    return { kind: 'unchanged', reason: `Alias ${name} already serves version ${alias.version}` };
  const smoke = (target: 'version' | 'alias'): Step[] => (wanted.smoke ? [{ do: 'smoke', target }] : []);
  const from = weighted ? `${alias.version} with ${weightsText(alias)}` : alias.version;
  return {
    kind: 'deploy',
    reason: `Alias ${name} goes back from version ${from} to version ${version.version} (${shortDigest(version.digest)}), ${chosen.because}`,
    steps: [
      ...smoke('version'),
      { do: version.version === alias.version ? 'clear-weights' : 'move-alias' },
      ...smoke('alias'),
      ...urlStep(found, wanted),
    ],
    warnings: [],
    latestCanGoBack: false,
    version: version.version,
  };
}
