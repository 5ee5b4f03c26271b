import { formatCount, formatMs } from '../format.ts';
import { escapeMermaid, shorten } from './escape.ts';
import type { Bar, Timeline } from './timeline.ts';

/** Rows of each section: more would be too small to read. */
const most = 18;

/**
 * The timeline as a gantt chart of Mermaid, in a fenced block as GitHub draws it. What came from the cache is grey,
 * what failed red.
 * @returns '' where there is nothing to draw
 */
export function ganttMarkdown({ steps, vertices, endMs }: Timeline): string {
  if (steps.length + vertices.length === 0) return '';
  const [shownSteps, shownVertices] = [longest(steps), vertices.slice(0, most)];
  const bar = (one: Bar): string => task(one, endMs);
  const lines = [
    '```mermaid',
    'gantt',
    '  dateFormat x',
    // Seconds since the start, whatever the reader's time zone.
    `  axisFormat ${endMs < 2_000 ? '%Q ms' : '%s s'}`,
    `  tickInterval ${tick(endMs)}`,
    '  todayMarker off',
    ...section('Steps', shownSteps.map(bar)),
    ...section('Build', shownVertices.map(bar)),
    '```',
  ];
  const left = vertices.slice(most);
  return [lines.join('\n'), ...(left.length > 0 ? [leftOut(left)] : [])].join('\n\n');
}

/** `Not drawn: 282 shorter steps of the build, 40.1 s together, and 120 from the cache.` */
function leftOut(left: readonly Bar[]): string {
  const worked = left.filter(({ state }) => state !== 'cached');
  const cached = left.length - worked.length;
  const time = formatMs(worked.reduce((sum, { ms }) => sum + ms, 0));
  const parts = [
    ...(worked.length > 0 ? [`${formatCount(worked.length, 'shorter step')} (${time} together)`] : []),
    ...(cached > 0 ? [`${formatCount(cached, 'step')} from the cache`] : []),
  ];
  return `Not drawn: ${parts.join(' and ')}.`;
}

function section(name: string, tasks: readonly string[]): string[] {
  return tasks.length > 0 ? [`  section ${name}`, ...tasks] : [];
}

function task({ label, startMs, ms, state }: Bar, endMs: number): string {
  const start = Math.round(startMs);
  // What took no time still needs a width to be seen.
  const end = start + Math.max(1, Math.round(endMs / 300), Math.round(ms));
  const tag = { worked: '', cached: 'done, ', failed: 'crit, ' }[state];
  const text = `${escapeMermaid(shorten(label, 44))} (${state === 'cached' ? 'cached' : formatMs(ms)})`;
  return `    ${text} :${tag}${start}, ${end}`;
}

/** The longest ones, in the order they came in. */
function longest(steps: readonly Bar[]): Bar[] {
  const kept = new Set([...steps].sort((a, b) => b.ms - a.ms).slice(0, most));
  return steps.filter((step) => kept.has(step));
}

/** The smallest round interval that makes ten ticks at most. */
function tick(endMs: number): string {
  const intervals: [number, string][] = [
    [50, '50millisecond'],
    [200, '200millisecond'],
    [1_000, '1second'],
    [5_000, '5second'],
    [15_000, '15second'],
    [60_000, '1minute'],
    [300_000, '5minute'],
  ];
  return intervals.find(([ms]) => endMs / ms <= 10)?.[1] ?? '1hour';
}
