import { ARMS, type ArmName, RULE_ARMS } from './arms.ts';
import { compare } from './comparison.ts';
import type { Cell, Results } from './results.ts';
import type { ScenarioName } from './scenarios.ts';

/** The Dockerfile that keeps all rules. */
const KEPT: ArmName = RULE_ARMS[0];

/**
 * A Markdown table of what each broken rule costs: seconds more than with all rules, in the same round.
 * @returns undefined where no arm with a broken rule was measured
 */
export function ruleRows(results: Results): string | undefined {
  const broken = RULE_ARMS.filter((arm) => arm !== KEPT && results.cells.some((cell) => cell.arm === arm));
  const scenarios = Object.entries(results.scenarios) as [ScenarioName, string][];
  const first = scenarios[0]?.[0];
  const kept = cell(results, KEPT, first);
  if (broken.length === 0 || !kept) return undefined;
  const more = (arm: ArmName, scenario: ScenarioName): string => {
    const seconds = compare(results.measurements, scenario, arm, KEPT)?.seconds;
    if (!seconds) return '';
    const range = seconds.count > 1 ? ` (${signed(seconds.min)} to ${signed(seconds.max)})` : '';
    return `${signed(seconds.median)}${range}`;
  };
  const rows = [
    ['', ...scenarios.map(([, title]) => title.toLowerCase()), 'MB up, first push', 'start, s'],
    ['---', ...scenarios.map(() => '---'), '---', '---'],
    [
      'all rules kept, s',
      ...scenarios.map(([name]) => cell(results, KEPT, name)?.seconds.median.toFixed(1) ?? ''),
      ...sizeAndStart(kept),
    ],
    ...broken.map((arm) => [
      ARMS[arm].title,
      ...scenarios.map(([scenario]) => more(arm, scenario)),
      ...sizeAndStart(cell(results, arm, first)),
    ]),
  ];
  const place = `${results.rounds === 1 ? 'one round' : `medians of ${results.rounds} rounds`}, app ${results.app}`;
  return `${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}\n\n(${place}, ${results.machine}, ${results.date})\n`;
}

function cell(results: Results, arm: ArmName, scenario: string | undefined): Cell | undefined {
  return results.cells.find((one) => one.arm === arm && one.scenario === scenario);
}

function sizeAndStart(one: Cell | undefined): [string, string] {
  return [one?.megabytesUp.toFixed(0) ?? '', one?.startSeconds?.toFixed(2) ?? ''];
}

function signed(value: number): string {
  const text = Math.abs(value).toFixed(1);
  return text === '0.0' ? text : `${value < 0 ? '-' : '+'}${text}`;
}
