import { formatMs } from '../format.ts';
import { type Plan, percent, type SmokeTarget, type Step, type Wanted } from './plan.ts';

/** The plan for the log, one line a sentence. */
export function planLines(plan: Plan, wanted: Wanted): string[] {
  if (plan.kind === 'refused') return [`Refused: ${plan.reason}.`];
  if (plan.kind === 'unchanged') return [`Nothing to change: ${plan.reason}.`];
  return [
    `${plan.reason}.`,
    ...plan.steps.map(
      (step, index) => `${index + 1}. ${stepWords(step, plan.kind === 'deploy' ? plan.version : '', wanted)}`,
    ),
  ];
}

function stepWords(step: Step, known: string, { alias, target }: Wanted): string {
  const version = known === '' ? 'that version' : `version ${known}`;
  switch (step.do) {
    case 'create':
      return `create the function from ${target.uri}`;
    case 'update':
      return `update $LATEST to ${target.uri}`;
    case 'publish':
      return 'publish a version';
    case 'smoke': {
      const targets: Record<SmokeTarget, string> = {
        version: known === '' ? 'the version' : version,
        alias: `alias ${alias}`,
        latest: '$LATEST',
        url: 'the URL',
      };
      return `test ${targets[step.target]}`;
    }
    case 'create-alias':
      return `create alias ${alias} at ${version}`;
    case 'shift':
      return `give ${version} ${percent(step.weight)} of the traffic of alias ${alias} and watch it for ${formatMs(step.holdMs)}`;
    case 'move-alias':
      return `move alias ${alias} to ${version}`;
    case 'clear-weights':
      return `give alias ${alias} back all of its traffic`;
  }
}
