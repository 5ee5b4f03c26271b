import { formatBytes, formatCount, formatMs } from '../format.ts';
import type { BuildVertex, FunctionRecord, RunRecord } from '../record.ts';
import type { Comparison } from './compare.ts';
import type { ReportOptions } from './options.ts';

/**
 * The report of a run, for the job summary and the comment alike. Never throws.
 * @returns Markdown as GitHub renders it, within `options.limit` characters
 */
export function reportMarkdown(run: RunRecord, _comparison: Comparison, options: ReportOptions): string {
  return `${options.heading?.marker ?? ''}${summaryMarkdown(run)}`.slice(0, options.limit);
}

/** How many build steps the summary lists: the slowest ones. */
const shownVertices = 10;

/**
 * The job summary of a run: what happened, then time, size and cold start.
 * Text that comes from outside (names in a Dockerfile, answers of a function) is escaped.
 * @returns Markdown as GitHub renders it
 */
export function summaryMarkdown(record: RunRecord): string {
  const sections = [headline(record), overview(record), functions(record), vertices(record), steps(record)];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

/** Text as one cell of a table: no line end, no column end, no markup, no mention of people. */
export function escapeCell(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_{}[\]()#|~!@]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function headline(record: RunRecord): string {
  const outcome = record.result ?? 'failed';
  const icons: Record<NonNullable<RunRecord['result']>, string> = {
    deployed: '✅',
    unchanged: '✅',
    planned: '📝',
    built: '✅',
    reused: '✅',
    'rolled-back': '↩️',
    failed: '❌',
  };
  const names = (record.deploy ?? []).map((entry) => escapeCell(entry.function)).join(', ');
  return [
    `### ${icons[outcome]} Lambda container: ${outcome}${names ? ` (${names})` : ''}`,
    ...record.reasons.map((reason) => `> ${escapeCell(reason)}`),
  ].join('\n\n');
}

function overview(record: RunRecord): string {
  const rows: [string, string][] = [];
  if (record.build) rows.push(['Image', `${record.build.result}: ${escapeCell(record.build.reason)}`]);
  if (record.image) {
    rows.push(['Digest', `<code>${escapeCell(record.image.digest)}</code>`]);
    rows.push([
      'Size',
      `${formatBytes(record.image.bytes)} compressed in ${formatCount(record.image.layers.length, 'layer')}`,
    ]);
  }
  if (record.cache && record.cache.total > 0)
    rows.push([
      'Layer cache',
      `${record.cache.hits} of ${record.cache.total} steps from cache (${record.cache.kind})`,
    ]);
  return rows.length > 0 ? table(['', ''], rows) : '';
}

function functions(record: RunRecord): string {
  const rows = (record.deploy ?? []).map((entry) => [
    escapeCell(entry.function),
    entry.result,
    versions(entry),
    entry.initMs === undefined ? '–' : formatMs(entry.initMs),
    escapeCell(lastSmoke(entry)),
  ]);
  return rows.length > 0 ? table(['Function', 'Result', 'Version', 'Cold start', 'Smoke test'], rows) : '';
}

function versions(entry: FunctionRecord): string {
  const [before, now] = [escapeCell(entry.previousVersion), escapeCell(entry.version)];
  return before !== '' && before !== now ? `${before} → ${now}` : now;
}

function lastSmoke(entry: FunctionRecord): string {
  const last = entry.smoke.at(-1);
  if (!last) return 'not run';
  return `${last.path} on ${last.qualifier}: ${last.ok ? `${last.status} in ${formatMs(last.ms)}` : last.problem}`;
}

function vertices(record: RunRecord): string {
  const worked = (record.build?.vertices ?? []).filter((vertex) => vertex.ms > 0 || vertex.cached);
  if (worked.length === 0) return '';
  const slowest = [...worked].sort((a, b) => b.ms - a.ms).slice(0, shownVertices);
  return details(
    'Build steps, slowest first',
    table(
      ['Step', 'Time'],
      slowest.map((vertex) => [escapeCell(vertex.name), vertexTime(vertex)]),
    ),
  );
}

function vertexTime(vertex: BuildVertex): string {
  return vertex.cached ? 'cached' : formatMs(vertex.ms);
}

function steps(record: RunRecord): string {
  if (record.steps.length === 0) return '';
  const rows = record.steps.map((step) => [
    escapeCell(step.name),
    formatMs(Date.parse(step.end) - Date.parse(step.start)),
  ]);
  return details('Time of each step', table(['Step', 'Time'], rows));
}

function table(header: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

function details(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}
