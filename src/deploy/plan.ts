import type { FunctionUrl } from '../aws/function-url.ts';
import type { AliasState, FunctionState } from '../aws/lambda.ts';
import type { ShiftStep } from './shift-inputs.ts';

/** The image that shall run. */
export interface Target {
  /** `REGISTRY/REPOSITORY@sha256:...` */
  uri: string;
  digest: string;
  /** `amd64`, `arm64`; '' where its config could not be read. */
  architecture: string;
}

/** Whether ECR holds an image; `unknown` where it could not be asked. */
export type Presence = 'there' | 'gone' | 'unknown';

/** What is true of a function before anything is changed. */
export interface Found {
  latest: FunctionState;
  /** Whether ECR still holds the image of `$LATEST`. */
  latestImage: Presence;
  /** Absent where no alias is used or it does not exist. */
  alias?: AliasState & { digest: string };
  /** Whether ECR still holds the image that the alias serves. */
  aliasImage: Presence;
  /** The function URL that users of the alias, or of `$LATEST`, call; absent where there is none, or nobody knows. */
  url?: FunctionUrl;
}

/** What is wanted, as far as a plan depends on it. */
export interface Wanted {
  target: Target;
  /** '' means that users call `$LATEST`. */
  alias: string;
  smoke: boolean;
  /** As in SmokeInputs; '' without a smoke test. */
  smokeUrl: string;
  rollback: boolean;
  /** Empty: all traffic at once. */
  shift: readonly ShiftStep[];
}

/** What a smoke test is sent to. */
export type SmokeTarget = 'version' | 'alias' | 'latest' | 'url';

/** One thing to do, in the order of the plan. */
export type Step =
  | { do: 'create' }
  | { do: 'update' }
  | { do: 'publish' }
  | { do: 'smoke'; target: SmokeTarget }
  | { do: 'create-alias' }
  | ({ do: 'shift' } & ShiftStep)
  | { do: 'move-alias' }
  | { do: 'clear-weights' };

/** What shall be done to one function, and why. */
export type Plan =
  | { kind: 'refused'; reason: string; hint: string }
  | { kind: 'unchanged'; reason: string }
  | { kind: 'create'; reason: string; steps: Step[] }
  | DeployPlan;

/** A plan that changes something. */
export interface DeployPlan {
  kind: 'deploy';
  reason: string;
  steps: Step[];
  warnings: string[];
  latestCanGoBack: boolean;
  /** The version that the alias shall serve; '' where it is still to be published. */
  version: string;
}

/** Decides what to do; makes no call. */
export function planDeploy(found: Found, wanted: Wanted): Plan {
  const refusal = refuse(found, wanted);
  if (refusal) return refusal;
  return wanted.alias === '' ? planLatest(found, wanted) : planAlias(found, wanted);
}

/** Whether `$LATEST` runs this image; after a failed update Lambda shows the new image while the old one serves. */
export function latestRuns(latest: FunctionState, digest: string): boolean {
  return latest.digest === digest && latest.lastUpdateStatus === 'Successful';
}

function refuse({ latest, alias }: Found, wanted: Wanted): Plan | undefined {
  if (latest.packageType !== 'Image')
    return {
      kind: 'refused',
      reason: `Function ${latest.name} is made from a zip file (PackageType Zip), which is fixed for life`,
      hint: 'Create a new function with PackageType Image from this image and deploy to that.',
    };
  const { architecture } = wanted.target;
  if (architecture !== '' && architecture !== latest.architecture)
    return {
      kind: 'refused',
      reason: `The image is built for ${architecture}, but function ${latest.name} runs on ${latest.architecture}`,
      hint: `Build with \`platform: linux/${latest.architecture}\`, or change the architecture of the function.`,
    };
  if (alias?.version === '$LATEST')
    return {
      kind: 'refused',
      reason: `Alias ${wanted.alias} of ${latest.name} points at $LATEST, so its users would get new code before it is tested`,
      hint: 'Publish a version and point the alias at it once, then deploy again.',
    };
  return undefined;
}

function planLatest(found: Found, wanted: Wanted): Plan {
  const { latest } = found;
  if (latestRuns(latest, wanted.target.digest))
    return { kind: 'unchanged', reason: '$LATEST already runs this image' };
  const previous = shortDigest(latest.digest);
  if (wanted.rollback && found.latestImage === 'gone')
    return {
      kind: 'refused',
      reason: `ECR no longer holds ${previous}, the image that ${latest.name} runs now, so it could not be put back`,
      hint: 'Push that image again, use `alias`, or set `rollback: false` to go without.',
    };
  const warnings: string[] = [];
  if (wanted.rollback) warnings.push(...latestWarnings(found, 'it cannot be put back if the new one fails'));
  return {
    kind: 'deploy',
    reason: updateReason(latest, wanted.target),
    steps: [{ do: 'update' }, ...smokeStep(wanted, 'latest'), ...urlStep(found, wanted)],
    warnings,
    latestCanGoBack: canGoBack(found),
    version: '',
  };
}

function planAlias(found: Found, wanted: Wanted): Plan {
  const { latest, alias } = found;
  const name = wanted.alias;
  const weighted = alias !== undefined && Object.keys(alias.weights).length > 0;
  if (alias?.digest === wanted.target.digest && !weighted)
    return {
      kind: 'unchanged',
      reason: `Alias ${name} already serves this image by version ${alias.version}`,
    };
  if (alias?.digest === wanted.target.digest)
    return {
      kind: 'deploy',
      reason: `Alias ${name} serves this image by version ${alias.version}, but shares its traffic with ${weightsText(alias)}`,
      steps: [
        ...smokeStep(wanted, 'version'),
        { do: 'clear-weights' },
        ...smokeStep(wanted, 'alias'),
        ...urlStep(found, wanted),
      ],
      warnings: [],
      latestCanGoBack: false,
      version: alias.version,
    };
  const update = !latestRuns(latest, wanted.target.digest);
  const warnings: string[] = [];
  if (wanted.rollback && update)
    warnings.push(...latestWarnings(found, 'it stays on the new one if that fails'));
  if (wanted.rollback && alias && found.aliasImage === 'gone')
    warnings.push(
      `ECR no longer holds ${shortDigest(alias.digest)}, the image of version ${alias.version} that alias ${name} would go back to.`,
    );
  const reason = update
    ? updateReason(latest, wanted.target)
    : `$LATEST already runs this image, but alias ${name} ${alias ? `serves ${shortDigest(alias.digest)}` : 'does not exist'}`;
  return {
    kind: 'deploy',
    reason,
    steps: [
      ...(update ? [{ do: 'update' } as const] : []),
      { do: 'publish' },
      ...smokeStep(wanted, 'version'),
      ...aliasSteps(alias !== undefined, wanted),
      ...smokeStep(wanted, 'alias'),
      ...urlStep(found, wanted),
    ],
    warnings,
    latestCanGoBack: update && canGoBack(found),
    version: '',
  };
}

/** An alias that does not exist yet has no traffic to shift. */
function aliasSteps(exists: boolean, { shift }: Wanted): Step[] {
  if (!exists) return [{ do: 'create-alias' }];
  return [...shift.map((step) => ({ do: 'shift', ...step }) as const), { do: 'move-alias' }];
}

/** After a failed update the image that serves is not the one that Lambda shows, and putting that one back is no way back. */
function canGoBack({ latest, latestImage }: Found): boolean {
  return latest.lastUpdateStatus !== 'Failed' && latest.imageUri !== '' && latestImage !== 'gone';
}

function latestWarnings(found: Found, consequence: string): string[] {
  const { latest } = found;
  if (latest.lastUpdateStatus === 'Failed')
    return [
      `The last update of ${latest.name} failed, so Lambda does not say which image serves; ${consequence}.`,
    ];
  if (latest.imageUri === '') return [`Lambda does not say which image ${latest.name} runs; ${consequence}.`];
  if (found.latestImage === 'gone')
    return [`ECR no longer holds ${shortDigest(latest.digest)}, the image of $LATEST; ${consequence}.`];
  return [];
}

function smokeStep(wanted: Wanted, target: SmokeTarget): Step[] {
  return wanted.smoke ? [{ do: 'smoke', target }] : [];
}

/** The URL that is tested last; '' where none is. */
export function testedUrl({ url }: Found, { smokeUrl }: Wanted): string {
  return smokeUrl === 'auto' ? (url?.url ?? '') : smokeUrl;
}

/** The test of the URL, where there is one to test: what users call, so it comes last. */
export function urlStep(found: Found, wanted: Wanted): Step[] {
  return testedUrl(found, wanted) === '' ? [] : [{ do: 'smoke', target: 'url' }];
}

function updateReason(latest: FunctionState, target: Target): string {
  if (latest.digest === target.digest) return 'The last update to this image failed';
  const from = latest.digest === '' ? 'an unknown image' : shortDigest(latest.digest);
  return `$LATEST has ${from}, wanted is ${shortDigest(target.digest)}`;
}

/** `version 7 (10 %)` of the additional version of an alias. */
export function weightsText(alias: AliasState): string {
  return Object.entries(alias.weights)
    .map(([version, weight]) => `version ${version} (${percent(weight)})`)
    .join(', ');
}

/** `12.5 %` of a weight from 0 to 1. */
export function percent(weight: number): string {
  return `${Math.round(weight * 10_000) / 100} %`;
}

/** `sha256:` and 12 hex digits, for people. */
export function shortDigest(digest: string): string {
  return digest === '' ? 'an unknown image' : digest.slice(0, 19);
}
