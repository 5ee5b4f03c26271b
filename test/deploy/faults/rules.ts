import { isDeepStrictEqual } from 'node:util';
import type { Played } from './play.ts';
import type { Truth } from './truth.ts';

/** What was broken, in sentences; empty where every rule was kept. */
export function broken(played: Played): string[] {
  const { partner } = played;
  return [
    ...brokenOfOne(played),
    ...needless(played),
    ...(partner
      ? [...brokenOfOne(partner).map((problem) => `partner: ${problem}`), ...apart(played, partner)]
      : []),
  ];
}

function brokenOfOne(played: Played): string[] {
  const ended = endedWell(played);
  return [
    ...(ended ? untrueSuccess(played) : untrueFailure(played)),
    ...untrueVersion(played),
    ...(ended ? unhealthy(played) : notBack(played)),
    ...overwritten(played),
  ];
}

function endedWell({ reported }: Played): boolean {
  return ['deployed', 'unchanged'].includes(reported.result.result);
}

/** A new function without an alias has nothing to go back to; its deploy is done once it has passed its test. */
function staysAlone(played: Played): boolean {
  return played.plan.world.missing && !usesAlias(played);
}

/** All or none: a function that had something to do has it done only where the other's deploy is done, too. */
function apart(one: Played, other: Played): string[] {
  const alone = (a: Played, b: Played): boolean =>
    a.reported.result.result === 'deployed' && !endedWell(b) && !meddled(a) && !staysAlone(a);
  return sentences([
    [alone(one, other), `deployed, but its partner is ${other.reported.result.result}`],
    [alone(other, one), `is ${one.reported.result.result}, but its partner is deployed`],
  ]);
}

/** What main reports as done must be so. */
function untrueSuccess(played: Played): string[] {
  const { reported, after } = played;
  const { result, points, error } = { ...reported, result: reported.result.result };
  const serving = usesAlias(played) ? after.alias?.digest : after.latest;
  const weights = Object.keys(after.alias?.weights ?? {}).length > 0;
  return sentences([
    [error !== '', `reported ${result} with the error ${error}`],
    [!meddled(played) && serving !== 'new', `reported ${result}, but ${serving} serves`],
    [!meddled(played) && weights, `reported ${result}, but weights are left`],
    [points.length > 0, `reported ${result}, but post would take it back`],
  ]);
}

/** What main reports as not done or taken back must be so, or it says what is not. */
function untrueFailure(played: Played): string[] {
  const { reported, before, after, plan } = played;
  const { result, reasons } = reported.result;
  const told = /not rolled back|not put back|none to put back|post step|it stays/.test(
    [reported.error, ...reasons].join(' '),
  );
  const back = meddled(played) || asBefore(before, after, usesAlias(played));
  const { serves } = after;
  return sentences([
    [result === 'planned', 'reported planned without dry-run'],
    [reported.error === '', `reported ${result} without an error`],
    [result === 'rolled-back' && !back, `reported rolled-back, but ${serves} serves`],
    [
      result === 'failed' && plan.world.rollback && !told && !back,
      `reported failed, but ${serves} serves, and nothing is said of it`,
    ],
  ]);
}

function untrueVersion(played: Played): string[] {
  const { version, previousVersion } = played.reported.result;
  // '' for both: it failed before the alias could be read.
  if (!usesAlias(played) || meddled(played) || (version === '' && previousVersion === '')) return [];
  const actual = played.after.alias?.version ?? '';
  return sentences([[version !== actual, `reported version ${version}, but the alias is at ${actual}`]]);
}

/** Nothing that fails its test is deployed. */
function unhealthy(played: Played): string[] {
  const { plan, before, end } = played;
  const { image, rollback, alarm, shift, url, goal, alias } = plan.world;
  if (!rollback || meddled(played)) return [];
  const well = image === 'healthy' || (image === 'late' && !usesAlias(played));
  const fine = well && url !== 'wrong';
  // Neither a new alias nor a rollback has a shift, in which alarms are watched.
  const rang = alarm === 'rings' && shift !== '' && alias !== 'missing' && goal === 'image';
  return sentences([
    [end.serves !== 'new', `deployed, but in the end ${end.serves} serves`],
    [!fine && before.serves !== 'new', `an image that is ${image} was deployed (URL: ${url})`],
    [fine && rang && before.serves !== 'new', 'deployed although the alarm rang'],
  ]);
}

/** After a failure users have in the end what they had. */
function notBack(played: Played): string[] {
  const { plan, before, reported, restored, end, others, gone } = played;
  const { rollback, latest, missing } = plan.world;
  if (!rollback || meddled(played)) return [];
  // Without its image in ECR there is no way back to it; that must be said.
  const lost = gone.has('old') || latest === 'failed';
  const said = `${reported.error} ${reported.result.reasons.join(' ')} ${(restored ?? []).flatMap((one) => one.problems).join(' ')}`;
  const back = asBefore(before, end, usesAlias(played));
  // A function that was created stays.
  const excused = !usesAlias(played) && (lost || missing);
  return sentences([
    [!back && !excused, `in the end ${end.serves} serves, before ${before.serves}`],
    [
      !back && excused && !/put back|rolled back|it stays/.test(said),
      `no way back, and nothing is said: ${said}`,
    ],
    [
      !others.has('code') && !lost && !missing && latest === 'old' && end.latest !== 'old',
      `$LATEST is left on ${end.latest}`,
    ],
  ]);
}

/** What somebody else deployed stays. */
function overwritten({ end, others }: Played): string[] {
  const { alias, latest } = end;
  const theirs = alias?.version === '1' && Object.keys(alias.weights).length === 0;
  return sentences([
    [others.has('alias') && !theirs, `somebody else's alias was moved to ${JSON.stringify(alias)}`],
    [others.has('code') && latest !== 'theirs', `somebody else's $LATEST was replaced by ${latest}`],
  ]);
}

/** Where nothing goes wrong the deploy succeeds, unless the machine is so busy that a time limit is reached. */
function needless({ plan: { world, faults, partnerFaults = [] }, reported, partner }: Played): string[] {
  const { image, latest, alarm, update, version, url, goal, alias } = world;
  const together = [...faults, ...partnerFaults].length === 0 && ['none', 'healthy'].includes(world.partner);
  const well = together && image === 'healthy' && latest !== 'failed' && alarm !== 'rings' && url !== 'wrong';
  const possible = goal === 'image' || alias !== 'missing';
  const late = /no answer within|not done within/.test(`${reported.error} ${partner?.reported.error}`);
  const expected = well && possible && update === 'well' && version === 'well' && !late;
  const failed = !['deployed', 'unchanged'].includes(reported.result.result);
  return sentences([[expected && failed, `without any fault it ended so: ${reported.error}`]]);
}

function usesAlias({ plan }: Played): boolean {
  return plan.world.alias !== 'none';
}

/** Whether somebody else has since deployed to what users call. */
function meddled(played: Played): boolean {
  return played.others.has(usesAlias(played) ? 'alias' : 'code');
}

function asBefore(before: Truth, now: Truth, withAlias: boolean): boolean {
  if (!withAlias) return now.serves === before.serves;
  return isDeepStrictEqual(now.alias, before.alias);
}

function sentences(checks: readonly (readonly [boolean, string])[]): string[] {
  return checks.flatMap(([wrong, sentence]) => (wrong ? [sentence] : []));
}
