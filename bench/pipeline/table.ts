import type { ArmName } from './arms.ts';
import type { Cell, Results } from './results.ts';
import type { ScenarioName } from './scenarios.ts';

const HEAD = [
  'arm',
  'median s',
  'quartiles',
  'range',
  'of it setup-buildx',
  'after s',
  'requests',
  'MB up',
  'MB down',
];

/** The results as text: a table for each scenario, then what the differences between the arms tell. */
export function textTable(results: Results): string {
  const blocks = Object.entries(results.scenarios).map(([scenario, title]) => {
    const cells = results.cells.filter((cell) => cell.scenario === scenario);
    return `${title}\n${aligned([HEAD, ...cells.map((cell) => row(cell, results))])}`;
  });
  return `${[...blocks, ...notes(results)].join('\n\n')}\n`;
}

function row(cell: Cell, results: Results): string[] {
  const { seconds, phases } = cell;
  return [
    results.arms[cell.arm] ?? cell.arm,
    seconds.median.toFixed(2),
    `${seconds.low.toFixed(2)}-${seconds.high.toFixed(2)}`,
    `${seconds.min.toFixed(2)}-${seconds.max.toFixed(2)}`,
    phases['setup-buildx'] === undefined ? '' : phases['setup-buildx'].toFixed(2),
    cell.afterSeconds.toFixed(2),
    String(Math.round(cell.requests)),
    cell.megabytesUp.toFixed(1),
    cell.megabytesDown.toFixed(1),
  ];
}

function notes(results: Results): string[] {
  const compare = (title: string, one: ArmName, other: ArmName): string[] => {
    const lines = Object.entries(results.scenarios).flatMap(([scenario, name]) => {
      const difference = medianDifference(results, scenario as ScenarioName, one, other);
      return difference === undefined ? [] : [[`  ${name}`, signed(difference)]];
    });
    return lines.length === 0 ? [] : [`${title}\n${aligned(lines)}`];
  };
  return [
    ...compare('Noise: this action again, less this action (median of the pairs, s)', 'again', 'ours'),
    ...compare('Own time: this action less Buildx alone (median of the pairs, s)', 'ours', 'bare'),
    ...compare('Gain: setup-buildx + build-push less this action (median of the pairs, s)', 'chain', 'ours'),
  ];
}

/**
 * Median over the rounds of an arm's seconds less another's in the same round.
 * @returns undefined where no round has both
 */
export function medianDifference(
  results: Pick<Results, 'measurements'>,
  scenario: ScenarioName,
  one: ArmName,
  other: ArmName,
): number | undefined {
  const of = (arm: ArmName) =>
    new Map(
      results.measurements
        .filter((measurement) => measurement.arm === arm && measurement.scenario === scenario)
        .map(({ round, seconds }) => [round, seconds]),
    );
  const others = of(other);
  const differences = [...of(one)]
    .flatMap(([round, seconds]) => {
      const against = others.get(round);
      return against === undefined ? [] : [seconds - against];
    })
    .sort((a, b) => a - b);
  const middle = Math.floor(differences.length / 2);
  if (differences.length % 2 === 1) return differences[middle];
  const [below, above] = [differences[middle - 1], differences[middle]];
  return below === undefined || above === undefined ? undefined : (below + above) / 2;
}

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(2)}`;
}

/** First column to the left, the others to the right. */
function aligned(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((cells) => cells[at]?.length ?? 0)));
  return rows
    .map((cells) =>
      cells
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
