import { buildWarnings } from '../docker/lint-findings.ts';
import { annotate } from '../github/annotations.ts';
import type { Finding } from '../record.ts';
import type { BuildRun } from './build-run.ts';
import type { BuildInputs } from './inputs.ts';
import { shownDockerfile } from './plan.ts';

/** Nobody reads more; the record and the report have room for what else was found. */
const most = 50;

/**
 * Shows what Docker's own checks said of the Dockerfile in this build, as annotations at their lines, and adds it to
 * the record. All of it are notices, which fail nothing under `checks: strict` either. Never throws.
 * @param history lines of `buildHistory`
 */
export async function showDockerChecks(
  history: readonly string[],
  inputs: BuildInputs,
  { record, job, log }: BuildRun,
): Promise<void> {
  if (inputs.checks === 'off') return;
  try {
    const found = await dockerFindings(history, shownDockerfile(inputs, job.workspace), inputs);
    if (found.length === 0) return;
    annotate(found);
    record.findings = [...(record.findings ?? []), ...found];
  } catch (error) {
    log.debug(`Docker's own checks are not shown: ${String(error)}`);
  }
}

/** The findings in a build's history that no comment of its Dockerfile leaves out, in the order of their lines. */
export async function dockerFindings(
  history: readonly string[],
  file: string,
  inputs: Pick<BuildInputs, 'target' | 'buildArgs'>,
): Promise<Finding[]> {
  const { findings, dockerfile } = buildWarnings(history, file);
  findings.sort((a, b) => a.line - b.line);
  // The parser is loaded where something may be left out only.
  const kept = dockerfile.includes('dlc-ignore')
    ? await withoutExempted(findings, dockerfile, inputs)
    : findings;
  return kept.slice(0, most);
}

async function withoutExempted(
  findings: readonly Finding[],
  text: string,
  { target, buildArgs }: Pick<BuildInputs, 'target' | 'buildArgs'>,
): Promise<Finding[]> {
  const [{ DockerfileParser }, { readDockerfile }, { exempted }] = await Promise.all([
    import('dockerfile-ast'),
    import('../doctor/dockerfile.ts'),
    import('../doctor/check.ts'),
  ]);
  const values = Object.fromEntries(buildArgs.map(({ name, value }) => [name, value]));
  return exempted(findings, {
    dockerfile: readDockerfile(text, DockerfileParser, { target, buildArgs: values }),
  });
}
