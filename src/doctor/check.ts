import type { Finding } from '../record.ts';
import type { Project } from './project.ts';
import type { Hit, Rule } from './rule.ts';

/** A comment that leaves rules out: `dlc-ignore=RULE[,RULE] reason`. */
interface Exemption {
  rules: string[];
  /** From 1. */
  line: number;
  /** First and last line that it covers; the whole file where it stands before the first instruction. */
  from: number;
  to: number;
}

const levels: Finding['level'][] = ['error', 'warning', 'notice'];

/**
 * Holds all rules against a project.
 * @returns the worst first, then in the order of their lines
 */
export function checkProject(project: Project, rules: readonly Rule[]): Finding[] {
  const exemptions = exemptionsIn(project);
  const findings = rules.flatMap((rule) =>
    rule
      .find(project)
      .filter((hit) => !exemptions.some((one) => covers(one, rule.id, hit)))
      .map((hit) => findingOf(rule, hit, project.file)),
  );
  const known = new Set(rules.map(({ id }) => id));
  const unknown = exemptions.flatMap((one) =>
    one.rules
      .filter((rule) => !known.has(rule) && !rule.includes(':'))
      .map((rule) => unknownRule(rule, one.line, project.file)),
  );
  return sorted([...findings, ...unknown]);
}

/** Findings of another tool without those that the Dockerfile's comments leave out. */
export function exempted(findings: readonly Finding[], project: Pick<Project, 'dockerfile'>): Finding[] {
  const exemptions = exemptionsIn(project);
  return findings.filter((finding) => !exemptions.some((one) => covers(one, finding.rule, finding)));
}

/** The worst first, then by file and line. */
export function sorted(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) =>
      levels.indexOf(a.level) - levels.indexOf(b.level) || a.file.localeCompare(b.file) || a.line - b.line,
  );
}

function findingOf(rule: Rule, hit: Hit, file: string): Finding {
  return {
    rule: rule.id,
    level: hit.level ?? rule.level,
    file: hit.file ?? file,
    line: hit.line,
    why: hit.why ?? rule.why,
    instead: hit.instead ?? rule.instead,
  };
}

function unknownRule(rule: string, line: number, file: string): Finding {
  return {
    rule: 'ignore-unknown',
    level: 'notice',
    file,
    line,
    why: `No rule is called ${JSON.stringify(rule)}, so this comment leaves nothing out.`,
    instead: 'See docs/doctor.md for the names of the rules.',
  };
}

/** The exemptions that a Dockerfile's comments make. */
export function exemptionsIn({ dockerfile }: Pick<Project, 'dockerfile'>): Exemption[] {
  const instructions = dockerfile.stages.flatMap((stage) => [
    { line: stage.line, endLine: stage.line },
    ...stage.instructions,
  ]);
  return dockerfile.comments.flatMap(({ line, text }) => {
    const [, names] = /^dlc-ignore\s*=\s*([\w:,-]+)/.exec(text) ?? [];
    if (names === undefined) return [];
    const rules = names.split(',').filter((name) => name !== '');
    if (line < dockerfile.firstLine) return [{ rules, line, from: 0, to: Number.POSITIVE_INFINITY }];
    // One among the lines of an instruction is about that, any other about the next.
    const about = instructions.find(({ endLine }) => endLine >= line);
    return about ? [{ rules, line, from: about.line, to: about.endLine }] : [];
  });
}

/** Whether an exemption covers a finding at this line. */
export function covers({ rules, from, to }: Exemption, rule: string, { line }: { line: number }): boolean {
  return rules.includes(rule) && line >= from && line <= to;
}
