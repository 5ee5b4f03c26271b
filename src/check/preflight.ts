import { checkModes, preflight, strictFailure } from '../doctor/preflight.ts';
import type { ProjectSource } from '../doctor/project.ts';
import { describeError } from '../errors.ts';
import { annotate } from '../github/annotations.ts';
import { info, setOutput } from '../github/core.ts';
import type { Environment, Inputs } from '../github/inputs.ts';
import { type Finding, newRecord, newRecordPath, writeRecord } from '../record.ts';
import { preflightSource } from './inputs.ts';

/**
 * Looks over the project's files before anything is built, shows what it finds, and hands it on in a run record: a
 * new one, and only where there is something to say.
 * @throws InputError; DeployError where `checks: strict` stops the run
 */
export async function runPreflight(inputs: Inputs, env: Environment): Promise<void> {
  const checks = inputs.choice('checks', checkModes, 'warn');
  if (checks === 'off' || inputs.text('image-uri') !== '' || inputs.text('rollback-to') !== '') return;
  const findings = await findingsOf(preflightSource(inputs, env.GITHUB_WORKSPACE ?? process.cwd()));
  if (findings.length === 0) return;
  annotate(findings);
  const failure = checks === 'strict' ? strictFailure(findings) : undefined;
  const path = newRecordPath(env.RUNNER_TEMP ?? env.TMPDIR ?? '/tmp');
  await writeRecord(path, {
    ...newRecord(),
    findings,
    ...(failure ? { result: 'failed', reasons: [failure.message] } : {}),
  });
  setOutput('record', path);
  if (failure) throw failure;
}

/** A file that the rules stumble over is no reason to stop a deploy. */
async function findingsOf(source: ProjectSource): Promise<Finding[]> {
  try {
    return await preflight(source);
  } catch (error) {
    info(`Preflight: the Dockerfile could not be looked over (${describeError(error)}).`);
    return [];
  }
}
