import { stat } from 'node:fs/promises';
import { engineFacts } from '../docker/builder.ts';
import { callCheck } from '../docker/call-check.ts';
import { DeployError } from '../errors.ts';
import type { Environment } from '../github/inputs.ts';
import { checkProject, exempted, sorted } from './check.ts';
import { engineFindings } from './engine.ts';
import { type ProjectSource, readProject } from './project.ts';
import { findingLines, findingsSummary } from './report.ts';
import { rules } from './rules/index.ts';

/** Docker's own checks look base images up; on a machine without network nobody waits long for them. */
const checkLimit = 20_000;

/**
 * `npm run local -- doctor`: prints what will hurt in a project's files, what Docker's own checks say, and what this
 * machine's Docker lacks.
 * @returns the exit code: 1 where there is an error
 * @throws DeployError where there is no Dockerfile
 */
export async function runDoctor(
  source: ProjectSource,
  env: Environment,
  print: (line: string) => void,
): Promise<number> {
  const project = await readProject(source);
  if (!project) {
    const isFolder = await stat(source.context).then(
      (entry) => entry.isDirectory(),
      () => false,
    );
    throw new DeployError(
      `There is no Dockerfile to look over: ${source.file || `${source.context}/Dockerfile`}.`,
      isFolder ? 'Name it by --file.' : 'Name the folder of the build by --context.',
    );
  }
  const docker = { program: 'docker', env };
  const request = {
    builder: '',
    context: source.context,
    file: project.path,
    target: source.target,
    buildArgs: Object.entries(source.buildArgs).map(([name, value]) => `${name}=${value}`),
    shownFile: project.file,
  };
  const engine = await engineFacts(docker).catch(() => undefined);
  const ofDocker = engine ? await callCheck(docker, request, checkLimit) : [];
  const findings = sorted([
    ...checkProject(project, rules),
    ...exempted(ofDocker, project),
    ...engineFindings(engine, env),
  ]);
  for (const line of findingLines(findings)) print(line);
  print(`${findings.length === 0 ? '' : '\n'}${project.file}: ${findingsSummary(findings)}`.trimStart());
  return findings.some(({ level }) => level === 'error') ? 1 : 0;
}
