import { DeployError } from '../errors.ts';
import { formatCount } from '../format.ts';
import type { Finding } from '../record.ts';
import { checkProject } from './check.ts';
import { type ProjectSource, readProject } from './project.ts';
import { rules } from './rules/index.ts';

/** `warn` shows what it finds and fails nothing; with `strict` errors and warnings fail. */
export const checkModes = ['warn', 'strict', 'off'] as const;
export type Checks = (typeof checkModes)[number];

/**
 * Holds the rules against a project's files.
 * @returns the worst first; empty where there is no Dockerfile to read, as with a Git context
 */
export async function preflight(source: ProjectSource): Promise<Finding[]> {
  const project = await readProject(source);
  return project ? checkProject(project, rules) : [];
}

/**
 * Why a run must not go on under `checks: strict`; undefined where it may.
 * @param findings of the preflight
 */
export function strictFailure(findings: readonly Finding[]): DeployError | undefined {
  const grave = findings.filter(({ level }) => level !== 'notice');
  const [first] = grave;
  if (!first) return undefined;
  const others = grave.length > 1 ? `, the first of ${formatCount(grave.length, 'finding')}` : '';
  return new DeployError(
    `Preflight under \`checks: strict\`: ${first.file}:${first.line} ${first.rule}${others}: ${first.why}`,
    `${first.instead} Where it is meant, write \`# dlc-ignore=${first.rule} REASON\` above the line.`,
  );
}
