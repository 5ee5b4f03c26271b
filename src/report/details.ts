import { formatCount, formatMs } from '../format.ts';
import type { CacheMiss, Finding, RunRecord } from '../record.ts';
import { escapeCode, escapeProse, shorten } from './escape.ts';
import { table } from './figures.ts';

/** A folded part of the report. `summary` is Markdown's own text or escaped. */
export function details(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

/** What was not cached and why: the slowest first. '' where it was not looked at, or all was cached. */
export function missesMarkdown({ build }: RunRecord): string {
  const misses = build?.misses ?? [];
  if (misses.length === 0) return '';
  const rows = [...misses].sort((a, b) => b.ms - a.ms).map(missRow);
  const body = table(['Line', 'Instruction', 'Time', 'Why'], 'rlrl', rows);
  return details(`${formatCount(misses.length, 'instruction')} not from the cache, and why`, body);
}

function missRow({ vertex, line, ms, because, files, changedFiles }: CacheMiss): string[] {
  const named = files.slice(0, 5).map((file) => escapeCode(shorten(file, 80)));
  const more = changedFiles > named.length ? ` and ${changedFiles - named.length} more` : '';
  const which = named.length > 0 ? ` (${named.join(', ')}${more})` : '';
  const where = line > 0 ? String(line) : '';
  return [where, escapeCode(shorten(vertex, 90)), formatMs(ms), `${escapeProse(because)}${which}`];
}

/** What the doctor found: errors first. */
export function findingsMarkdown({ findings = [] }: RunRecord): string {
  if (findings.length === 0) return '';
  const levels: readonly Finding['level'][] = ['error', 'warning', 'notice'];
  const sorted = [...findings].sort((a, b) => levels.indexOf(a.level) - levels.indexOf(b.level));
  const body = sorted.map(findingLine).join('\n');
  return details(`${formatCount(findings.length, 'finding')} in the project`, body);
}

function findingLine({ rule, level, file, line, why, instead }: Finding): string {
  const icon = { error: '❌', warning: '⚠️', notice: 'ℹ️' }[level];
  const place = file === '' ? '' : ` ${escapeCode(line > 0 ? `${file}:${line}` : file)}`;
  return `- ${icon}${place} ${escapeProse(why)} ${escapeProse(instead)} <sub>${escapeProse(rule)}</sub>`;
}
