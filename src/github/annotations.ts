import { formatCount } from '../format.ts';
import type { Finding } from '../record.ts';
import * as core from './core.ts';

/** GitHub shows ten annotations of each level in a step and drops the others without a word. */
const shown = 10;

/** A finding as one line. */
export function findingText({ why, instead }: Pick<Finding, 'why' | 'instead'>): string {
  return `${why} ${instead}`;
}

/**
 * Shows findings as annotations at their lines; what is over GitHub's limit of a level stands in the log, behind a
 * count. Nothing of it fails the step. The text is escaped where it is written.
 */
export function annotate(findings: readonly Finding[]): void {
  const show = { error: core.error, warning: core.warning, notice: core.notice };
  for (const level of ['error', 'warning', 'notice'] as const) {
    const mine = findings.filter((finding) => finding.level === level);
    const first = mine.length > shown ? mine.slice(0, shown - 1) : mine;
    for (const finding of first)
      show[level](findingText(finding), {
        title: finding.rule,
        ...(finding.file === '' ? {} : { file: finding.file }),
        ...(finding.line === 0 ? {} : { startLine: finding.line }),
      });
    const others = mine.slice(first.length);
    if (others.length === 0) continue;
    show[level](`${formatCount(others.length, `more ${level}`)} in the log.`);
    // A line of a Dockerfile must not be taken for a command of the runner.
    for (const { rule, file, line, ...text } of others)
      core.info(` ${file}:${line} ${rule}: ${findingText(text)}`.replaceAll(/[\r\n]+/g, ' '));
  }
}
