import { PAIRS } from './comparison.ts';
import type { Cell, Results } from './results.ts';

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
const PAIR_HEAD = ['  of each round', 'less, median s', 'range', 'ratio', 'range'];

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

/** Median and range of the differences and ratios, round by round, of the pairs of arms that tell something. */
function notes(results: Results): string[] {
  return PAIRS.flatMap(({ title, one, other }) => {
    const rows = results.comparisons
      .filter((comparison) => comparison.one === one && comparison.other === other)
      .map(({ scenario, seconds, ratio }) => [
        `  ${results.scenarios[scenario] ?? scenario}`,
        signed(seconds.median),
        `${signed(seconds.min)} to ${signed(seconds.max)}`,
        ratio.median.toFixed(2),
        `${ratio.min.toFixed(2)}-${ratio.max.toFixed(2)}`,
      ]);
    return rows.length === 0 ? [] : [`${title}\n${aligned([PAIR_HEAD, ...rows])}`];
  });
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
