import { formatCount } from '../format.ts';
import type { Finding } from '../record.ts';

/**
 * Findings as compilers print them, `FILE:LINE: LEVEL: WHY`, so that editors find the place.
 * Control characters of a file's text are left out: they could rewrite a terminal.
 */
export function findingLines(findings: readonly Finding[]): string[] {
  return findings.flatMap(({ rule, level, file, line, why, instead }) => {
    const place = file === '' ? '' : `${file}:${line === 0 ? '' : `${line}:`} `;
    return [`${place}${level}: ${why} [${rule}]`, `    ${instead}`].map((text) =>
      text.replaceAll(/\p{Cc}+/gu, ' '),
    );
  });
}

/** `1 error, 2 warnings, 1 notice`, or that there is nothing. */
export function findingsSummary(findings: readonly Finding[]): string {
  const counts = (['error', 'warning', 'notice'] as const).flatMap((level) => {
    const count = findings.filter((finding) => finding.level === level).length;
    return count === 0 ? [] : [formatCount(count, level)];
  });
  return counts.length === 0 ? 'Nothing to say.' : counts.join(', ');
}
