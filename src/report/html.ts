import type { RunRecord } from '../record.ts';
import type { Comparison } from './compare.ts';
import { escapeHtml as escapeCell } from './escape.ts';
import type { Heading } from './options.ts';

/**
 * The report as a page of its own: no script, nothing loaded from anywhere.
 * @param base the runs that `comparison` was made with, for the trend
 */
export function reportHtml(
  run: RunRecord,
  _comparison: Comparison,
  _base: readonly RunRecord[],
  _heading: Heading = {},
): string {
  return `<!doctype html><title>${escapeCell(run.result ?? 'failed')}</title>`;
}
