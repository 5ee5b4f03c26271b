import { oneLine } from '../github/foreign-text.ts';
import type { Finding } from '../record.ts';
import { historyEntries } from './build-history.ts';

/** Rules of BuildKit that say what a rule of this project says, and why it hurts on Lambda. */
const doubled = ['JSONArgsRecommended', 'SecretsUsedInArgOrEnv'];

/** A warning of BuildKit's checks of a Dockerfile, from outside: each field may be anything. */
export interface LintWarning {
  rule: unknown;
  /** What is wrong in this place, or at least in general. */
  detail: unknown;
  /** Where the rule is explained. */
  url: unknown;
  /** From 1. */
  line: unknown;
}

/**
 * A warning as a finding; none where a rule of this project says the same, or it has no name.
 * @param file shown in the finding
 */
export function lintFinding({ rule, detail, url, line }: LintWarning, file: string): Finding[] {
  if (typeof rule !== 'string' || doubled.includes(rule)) return [];
  return [
    {
      rule: `docker:${rule}`,
      level: 'notice',
      file,
      line: Number.isInteger(line) && Number(line) > 0 ? Number(line) : 0,
      why: `${oneLine(textOf(detail) || rule).replace(/\.$/, '')}.`,
      instead: textOf(url) === '' ? '' : `See ${oneLine(textOf(url))}`,
    },
  ];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Findings of a build's own checks, and the text of the Dockerfile that they are about. */
export interface BuildWarnings {
  findings: Finding[];
  /** '' where the builder does not say it. */
  dockerfile: string;
}

/**
 * What `docker buildx build --call=check` would say, from the history of a build: BuildKit checks the Dockerfile in
 * each build, so that nothing more has to be run. Source: github.com/moby/buildkit, client.VertexWarning, and
 * frontend/dockerfile/linter, LintFormatShort (`NAME: what is wrong (line 3)`).
 * @param lines of `buildHistory`
 */
export function buildWarnings(lines: Iterable<string>, file: string): BuildWarnings {
  const findings = new Map<string, Finding>();
  let dockerfile = '';
  for (const line of lines)
    for (const { short, detail, url, range, sourceInfo } of historyEntries(line, 'warnings')) {
      const [, rule, text, number] = /^(\w+): (.*?)(?: \(line (\d+)\))?$/s.exec(decoded(short)) ?? [];
      const general = Array.isArray(detail) ? decoded(detail[0]) : '';
      const place = { line: firstLine(range) ?? Number(number), url, rule };
      for (const finding of lintFinding({ ...place, detail: text || general }, file))
        findings.set(`${finding.line} ${finding.rule} ${finding.why}`, finding);
      dockerfile ||= decoded(Object(sourceInfo).data);
    }
  return { findings: [...findings.values()], dockerfile };
}

/** Bytes stand as base64 in rawjson. */
function decoded(value: unknown): string {
  return Buffer.from(textOf(value), 'base64').toString('utf8');
}

function firstLine(range: unknown): unknown {
  const [first]: unknown[] = Array.isArray(range) ? range : [];
  return Object(Object(first).start).line;
}
