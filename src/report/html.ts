import { createHash } from 'node:crypto';
import { formatBytes, formatMs } from '../format.ts';
import type { RunRecord } from '../record.ts';
import type { Comparison } from './compare.ts';
import { escapeHtml, proseHtml, safeUrl, shorten } from './escape.ts';
import { failureLines } from './failure.ts';
import { signed } from './figures.ts';
import { comparedWith, headline } from './headline.ts';
import { layersChart, swatch, timelineChart, trends } from './html-charts.ts';
import { style } from './html-style.ts';
import { findingsList, functionsTable, missesTable, timesTable } from './html-tables.ts';
import type { Heading } from './options.ts';
import { timeline } from './timeline.ts';

/**
 * The report as a page of its own: no script, nothing loaded from anywhere, light and dark, for a phone as well.
 * Its Content-Security-Policy allows nothing but its one style sheet, by hash.
 * @param base the runs that `comparison` was made with, for the trend
 */
export function reportHtml(
  run: RunRecord,
  comparison: Comparison,
  base: readonly RunRecord[],
  heading: Heading = {},
): string {
  const name = shorten(heading.base || 'base', 60);
  const { icon, text, time, against } = headline(run, comparison, name);
  const { steps, vertices, endMs } = timeline(run);
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const sections = [
    `<h1>${icon} ${escapeHtml(shorten(text, 300))}</h1>`,
    `<p class="soft">${escapeHtml([time, against].filter(Boolean).join(', '))}</p>`,
    failure(run),
    facts(run, comparison),
    section('Time', timesTable(comparison, name)),
    section('Functions', functionsTable(run)),
    section('Timeline of the steps', timelineChart(steps, endMs), steps.length),
    section(
      'Timeline of the build, longest first',
      legend() + timelineChart(vertices, endMs),
      vertices.length,
    ),
    run.image ? section('Layers', layersChart(run.image, comparison.layers), run.image.layers.length) : '',
    section('The last runs', trends(run, base)),
    section('Not from the cache, and why', missesTable(run)),
    section('Findings in the project', findingsList(run)),
    footer(comparison, heading, name),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(shorten(text, 100))}</title>
<style>${style}</style>
</head>
<body>
${sections.filter((part) => part !== '').join('\n')}
</body>
</html>
`;
}

function section(title: string, body: string, count = 1): string {
  return body === '' || count === 0 ? '' : `<section><h2>${title}</h2>${body}</section>`;
}

function failure(run: RunRecord): string {
  const lines = failureLines(run).map((line) => `<p>${proseHtml(shorten(line, 2000))}</p>`);
  return lines.length === 0 ? '' : `<div class="failure">${lines.join('')}</div>`;
}

/** The figures that are asked for first, each with its difference where that is news. */
function facts(run: RunRecord, { image, functions }: Comparison): string {
  const [only] = run.deploy ?? [];
  const start = functions[0]?.coldStart;
  const startNews =
    start?.base && (start.change === 'more' || start.change === 'less')
      ? news(
          start.change,
          `${start.change === 'more' ? '+' : '−'}${formatMs(Math.abs((start.value ?? 0) - start.base.median))}`,
        )
      : '';
  const sizeNews =
    image && image.change !== 'same' ? news(image.change, signed(image.bytes - image.baseBytes)) : '';
  const all: [string, string, string][] = [];
  if (run.image) all.push([formatBytes(run.image.bytes), 'image, compressed', sizeNews]);
  if (only?.initMs !== undefined) all.push([formatMs(only.initMs), 'cold start', startNews]);
  if (only?.maxMemoryMb !== undefined)
    all.push([`${Math.round(only.maxMemoryMb)} MB`, `memory of ${only.memoryMb ?? '?'} MB`, '']);
  if (run.cache && run.cache.total > 0)
    all.push([`${run.cache.hits} of ${run.cache.total}`, 'steps from the cache', '']);
  const cards = all.map(
    ([value, what, more]) =>
      `<div class="fact"><b>${value}</b><span class="soft">${what}</span> ${more}</div>`,
  );
  return cards.length === 0 ? '' : `<div class="facts">${cards.join('')}</div>`;
}

function news(change: 'more' | 'less', text: string): string {
  return `<span class="${change}">${text}</span>`;
}

function legend(): string {
  return `<p class="legend"><span>${swatch('worked')}worked</span><span>${swatch('cached')}from the cache</span></p>`;
}

function footer(comparison: Comparison, { commit, runUrl }: Heading, base: string): string {
  const url = safeUrl(runUrl);
  const parts = [
    escapeHtml(comparedWith(comparison, base)),
    escapeHtml(comparison.note),
    commit && /^[0-9a-f]{7,64}$/.test(commit) ? `Commit <code>${commit.slice(0, 12)}</code>.` : '',
    url === '' ? '' : `<a href="${url}" rel="noreferrer">Workflow run</a>`,
  ].filter(Boolean);
  return parts.length === 0 ? '' : `<footer>${parts.join(' ')}</footer>`;
}
