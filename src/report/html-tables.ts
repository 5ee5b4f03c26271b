import { formatMs } from '../format.ts';
import type { FunctionRecord, RunRecord } from '../record.ts';
import type { Comparison } from './compare.ts';
import { escapeHtml, proseHtml, safeUrl, shorten } from './escape.ts';
import { formatMb } from './figures.ts';
import { shortName } from './headline.ts';
import type { Measure } from './noise.ts';

/** Rows of a list that a page holds. */
const most = 200;

function table(header: readonly string[], rows: readonly string[], kind = ''): string {
  return `<table${kind === '' ? '' : ` class="${kind}"`}><thead><tr>${header.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

const head = (text: string): string => `<th>${text}</th>`;
const headNumber = (text: string): string => `<th class="n">${text}</th>`;
const cell = (html: string): string => `<td>${html}</td>`;
const number = (html: string): string => `<td class="n">${html}</td>`;
const code = (text: string, length: number): string => `<code>${escapeHtml(shorten(text, length))}</code>`;

/** Build, push, deploy, smoke and total: this run, base with its spread, difference. */
export function timesTable({ times }: Comparison, base: string): string {
  if (times.length === 0) return '';
  const names = { build: 'Build', push: 'Push', deploy: 'Deploy', smoke: 'Smoke test', total: 'Total' };
  const compared = times.some(({ measure }) => measure.base);
  const rows = times.map(({ name, measure }) => {
    const spread = measure.base;
    const range = spread ? ` title="${formatMs(spread.low)} to ${formatMs(spread.high)}"` : '';
    const cells = [
      cell(names[name]),
      number(formatMs(measure.value ?? 0)),
      ...(compared ? [number(spread ? formatMs(spread.median) : '–'), number(difference(measure))] : []),
    ];
    return `<tr${name === 'total' ? ' class="sum"' : ''}${range}>${cells.join('')}</tr>`;
  });
  const others = compared ? [headNumber(escapeHtml(base)), headNumber('Difference')] : [];
  return table([head(''), headNumber('This run'), ...others], rows);
}

function difference({ value = 0, base, change }: Measure): string {
  if (!base || change === 'unknown') return '';
  if (change === 'same') return '<span class="soft">within noise</span>';
  const by = formatMs(Math.abs(value - base.median));
  return `<span class="${change}">${change === 'more' ? `+${by}` : `−${by}`}</span>`;
}

/** Every function: what became of it, its version, its smoke test and its URL. */
export function functionsTable({ deploy = [] }: RunRecord): string {
  if (deploy.length === 0) return '';
  const rows = deploy.slice(0, most).map((entry) => {
    const url = safeUrl(entry.url);
    const name = escapeHtml(shorten(shortName(entry.function), 140));
    const figures = [entry.initMs, entry.maxMemoryMb];
    const cells = [
      cell(url === '' ? name : `<a href="${url}" rel="noreferrer">${name}</a>`),
      cell(
        `${entry.result} ${entry.version === '' ? '' : `<span class="soft">${escapeHtml(entry.version)}</span>`}`,
      ),
      number(figures[0] === undefined ? '–' : formatMs(figures[0])),
      number(figures[1] === undefined ? '–' : formatMb(figures[1])),
      cell(smoke(entry)),
    ];
    return `<tr>${cells.join('')}</tr>`;
  });
  const header = [
    head('Function'),
    head('Result'),
    headNumber('Cold start'),
    headNumber('Memory'),
    head('Smoke test'),
  ];
  return table(header, rows, 'cards');
}

function smoke({ smoke: calls }: FunctionRecord): string {
  const last = calls.at(-1);
  if (!last) return '<span class="soft">not run</span>';
  const where = `${code(last.path, 100)} on ${escapeHtml(shorten(last.qualifier, 60))}`;
  return `${where}: ${last.ok ? `${last.status} in ${formatMs(last.ms)}` : proseHtml(shorten(last.problem, 300))}`;
}

/** What was not cached and why, the slowest first. */
export function missesTable({ build }: RunRecord): string {
  const misses = build?.misses ?? [];
  if (misses.length === 0) return '';
  const rows = [...misses]
    .sort((a, b) => b.ms - a.ms)
    .slice(0, most)
    .map(({ vertex, line, ms, because, files, changedFiles }) => {
      const named = files.slice(0, 5).map((file) => code(file, 80));
      const more = changedFiles > named.length ? ` and ${changedFiles - named.length} more` : '';
      const place = line > 0 ? `<span class="soft">line ${line}</span> ` : '';
      const why = `${proseHtml(shorten(because, 400))} ${named.join(', ')}${named.length > 0 ? more : ''}`;
      return `<tr>${cell(place + code(vertex, 90))}${number(formatMs(ms))}${cell(why)}</tr>`;
    });
  return table([head('Instruction'), headNumber('Time'), head('Why')], rows);
}

/** What the doctor found, errors first. */
export function findingsList({ findings = [] }: RunRecord): string {
  if (findings.length === 0) return '';
  const icons = { error: '❌', warning: '⚠️', notice: 'ℹ️' };
  const levels = Object.keys(icons);
  const items = [...findings]
    .sort((a, b) => levels.indexOf(a.level) - levels.indexOf(b.level))
    .slice(0, most)
    .map(({ level, file, line, why, instead, rule }) => {
      const place = file === '' ? '' : `${code(line > 0 ? `${file}:${line}` : file, 120)} `;
      const text = proseHtml(shorten(`${why} ${instead}`, 600));
      return `<li>${icons[level]} ${place}${text} <span class="soft">${escapeHtml(shorten(rule, 60))}</span></li>`;
    });
  return `<ul>${items.join('')}</ul>`;
}
