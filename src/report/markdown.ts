import type { RunRecord } from '../record.ts';
import type { Comparison } from './compare.ts';
import { details, findingsMarkdown, missesMarkdown } from './details.ts';
import { escapeProse, safeUrl, shorten } from './escape.ts';
import { failureLines } from './failure.ts';
import { imageFigures, runFigures, timesTable } from './figures.ts';
import { ganttMarkdown } from './gantt.ts';
import { comparedWith, headline } from './headline.ts';
import type { Heading, ReportOptions } from './options.ts';
import { timeline } from './timeline.ts';

/** A part of the report, and what stands in its place where the report would be too long. */
interface Part {
  text: string;
  /** undefined: always stays. */
  folded?: string;
}

const leftOut = (what: string): string => `_${what} left out here: the report would be too long._`;

/**
 * The report of a run, for the job summary and the comment alike. What comes from outside is escaped for Markdown,
 * HTML and Mermaid; a difference within the noise is not shown as news. Over the limit the longest part is left out,
 * then the next one. Never throws.
 * @returns Markdown as GitHub renders it, of `options.limit` bytes at most, so of no more characters either
 */
export function reportMarkdown(run: RunRecord, comparison: Comparison, options: ReportOptions): string {
  try {
    return withinLimit(parts(run, comparison, options.heading ?? {}), options.limit);
  } catch (error) {
    const marker = options.heading?.marker ?? '';
    const why = escapeProse(shorten(error instanceof Error ? error.message : String(error), 300));
    return `${marker}### Lambda container: ${escapeProse(String(run.result ?? 'failed'))}\n\nThe report could not be drawn: ${why}\n`;
  }
}

function parts(run: RunRecord, comparison: Comparison, heading: Heading): Part[] {
  const name = shorten(heading.base || 'base', 60);
  const base = escapeProse(name);
  const gantt = ganttMarkdown(timeline(run));
  const all: Part[] = [
    { text: firstLine(run, comparison, heading, name) },
    {
      text: failureLines(run)
        .map((line) => `> ${escapeProse(shorten(line, 2000))}`)
        .join('\n>\n'),
    },
    { text: timesTable(comparison, base) },
    { text: imageFigures(run, comparison, base), folded: leftOut('Image and layers are') },
    { text: runFigures(run, comparison, base), folded: leftOut('The functions are') },
    { text: gantt === '' ? '' : details('Timeline', gantt), folded: leftOut('The timeline is') },
    { text: missesMarkdown(run), folded: leftOut('What was not cached is') },
    { text: findingsMarkdown(run), folded: leftOut('The findings are') },
    { text: footer(comparison, heading, name) },
  ];
  return all.filter(({ text }) => text !== '');
}

function firstLine(run: RunRecord, comparison: Comparison, heading: Heading, base: string): string {
  const { icon, text, time, against } = headline(run, comparison, base);
  const after = run.result === 'failed' || run.result === 'rolled-back' || !run.result ? ' after ' : ' in ';
  const all = [shorten(text, 300) + (time === '' ? '' : `${after}${time}`), against]
    .filter(Boolean)
    .join(', ');
  return `${heading.marker ?? ''}### ${icon} ${escapeProse(all)}`;
}

/** What it was compared with, by which rule, and where to read more. */
function footer(comparison: Comparison, heading: Heading, base: string): string {
  const [runUrl, htmlUrl] = [safeUrl(heading.runUrl), safeUrl(heading.htmlUrl)];
  const notes = [
    escapeProse(comparedWith(comparison, base)),
    escapeProse(comparison.note),
    heading.commit && /^[0-9a-f]{7,64}$/.test(heading.commit) ? `Commit ${heading.commit.slice(0, 12)}.` : '',
    ...(runUrl === '' ? [] : [`[Workflow run](<${runUrl}>).`]),
    ...(htmlUrl === '' ? [] : [`[Full report](<${htmlUrl}>).`]),
  ].filter(Boolean);
  return notes.length === 0 ? '' : `<sub>${notes.join(' ')}</sub>`;
}

function withinLimit(all: Part[], limit: number): string {
  const join = (): string => `${all.map(({ text }) => text).join('\n\n')}\n`;
  while (Buffer.byteLength(join()) > limit) {
    const longest = all
      .filter(({ text, folded }) => folded !== undefined && folded.length < text.length)
      .sort((a, b) => b.text.length - a.text.length)[0];
    if (!longest) return cutAtLine(join(), limit);
    longest.text = longest.folded ?? '';
  }
  return join();
}

/** What is left where even the parts that always stay are too long: whole lines, so that no tag is cut in two. */
function cutAtLine(text: string, limit: number): string {
  const lines = text.split('\n');
  while (lines.length > 1 && Buffer.byteLength(lines.join('\n')) >= limit) lines.pop();
  return Buffer.from(`${lines.join('\n')}\n`)
    .subarray(0, limit)
    .toString('utf8');
}
