import type { ArmName } from './arms.ts';
import type { Results } from './results.ts';

const WIDTH = 860;
const LEFT = 190;
const RIGHT = 70;
const BAR = 13;
const GAP = 18;
const TOP = 74;
const COLOURS: Partial<Record<ArmName, string>> = {
  plain: '#9aa0a6',
  chain: '#e08a3c',
  ours: '#2f6fde',
  again: '#8fb3f2',
  recommended: '#1a9c6b',
  bare: '#7d5fc4',
};
const OTHER_COLOUR = '#b85c5c';

/** The results as a drawing (SVG): medians as bars, quartiles as lines across their ends. */
export function svgChart(results: Results): string {
  const scenarios = Object.entries(results.scenarios);
  const arms = Object.entries(results.arms) as [ArmName, string][];
  const longest = Math.max(...results.cells.map(({ seconds }) => Math.max(seconds.median, seconds.high)), 0);
  const step = niceStep(longest / 6);
  const end = Math.max(step, Math.ceil(longest / step) * step);
  const x = (seconds: number) => round(LEFT + (seconds / end) * (WIDTH - LEFT - RIGHT));
  const group = arms.length * BAR + GAP;
  const bottom = TOP + scenarios.length * group;
  const height = bottom + 30;
  const rounds = results.rounds === 1 ? 'one round' : `median of ${results.rounds} rounds`;
  const parts: string[] = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="12" role="img">`,
    `<title>Seconds from the job's first step until Lambda accepted the image</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="12" y="22" font-size="15" fill="#202124">Seconds until Lambda accepted the image, on an empty Engine: ${rounds}</text>`,
  ];
  const column = (WIDTH - 24) / 3;
  arms.forEach(([arm, title], index) => {
    const [left, top] = [round(12 + (index % 3) * column), 34 + Math.floor(index / 3) * 16];
    parts.push(
      `<rect x="${left}" y="${top}" width="11" height="11" fill="${COLOURS[arm] ?? OTHER_COLOUR}"/>`,
      `<text x="${left + 16}" y="${top + 10}" fill="#202124">${escaped(title)}</text>`,
    );
  });
  for (let seconds = 0; seconds <= end + step / 2; seconds += step)
    parts.push(
      `<line x1="${x(seconds)}" x2="${x(seconds)}" y1="${TOP}" y2="${bottom}" stroke="#e0e0e0"/>`,
      `<text x="${x(seconds)}" y="${bottom + 16}" text-anchor="middle" fill="#5f6368">${round(seconds)} s</text>`,
    );
  scenarios.forEach(([scenario, title], place) => {
    const top = TOP + place * group + GAP / 2;
    const middle = round(top + (arms.length * BAR) / 2 + 4);
    parts.push(
      `<text x="${LEFT - 10}" y="${middle}" text-anchor="end" fill="#202124">${escaped(title)}</text>`,
    );
    arms.forEach(([arm], index) => {
      const cell = results.cells.find((one) => one.arm === arm && one.scenario === scenario);
      if (!cell) return;
      const { median, low, high } = cell.seconds;
      const [y, across] = [top + index * BAR, top + index * BAR + (BAR - 2) / 2];
      parts.push(
        `<rect x="${LEFT}" y="${y}" width="${round(x(median) - LEFT)}" height="${BAR - 2}" fill="${COLOURS[arm] ?? OTHER_COLOUR}"/>`,
        `<line x1="${x(low)}" x2="${x(high)}" y1="${across}" y2="${across}" stroke="#202124"/>`,
        `<text x="${x(Math.max(median, high)) + 5}" y="${y + 10}" font-size="11" fill="#5f6368">${median.toFixed(1)}</text>`,
      );
    });
  });
  return `${[...parts, '</svg>'].join('\n')}\n`;
}

/** The next of 1, 2, 5, 10, 20, 50, ... (and the same below 1) that is not smaller. */
export function niceStep(least: number): number {
  if (!(least > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= least * (1 - 1e-9)) ?? 10);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
