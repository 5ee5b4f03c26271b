import { readFileSync } from 'node:fs';
import { DeployError } from '../../errors.ts';
import type { Environment } from '../../github/inputs.ts';

/** The run of a pull request's workflow, as GitHub itself says: what an artifact claims is held against it. */
export interface ForeignRun {
  id: number;
  /** `pull_request` */
  event: string;
  /** 40 hex digits. */
  headSha: string;
  /** `OWNER/NAME`; '' where the fork is gone. */
  headRepository: string;
}

/**
 * The run that a `workflow_run` event is about.
 * @throws DeployError where the job was started by another event
 */
export function foreignRun(env: Environment): ForeignRun {
  const event = env.GITHUB_EVENT_NAME ?? '';
  const { workflow_run: run } = JSON.parse(readFileSync(env.GITHUB_EVENT_PATH ?? '', 'utf8')) as {
    workflow_run?: {
      id?: unknown;
      event?: unknown;
      head_sha?: unknown;
      head_repository?: { full_name?: unknown } | null;
    };
  };
  if (event !== 'workflow_run' || typeof run?.id !== 'number' || typeof run.head_sha !== 'string')
    throw new DeployError(
      `This job was started by ${event || 'no event'}, and post-report has no run to report of.`,
      'Start it with `on: workflow_run` (docs/report.md).',
    );
  return {
    id: run.id,
    event: typeof run.event === 'string' ? run.event : '',
    headSha: run.head_sha,
    headRepository: typeof run.head_repository?.full_name === 'string' ? run.head_repository.full_name : '',
  };
}
