import type { HandedOn } from '../record-check.ts';
import type { ForeignRun } from './event.ts';

/** A pull request as GitHub's API gives it; every field is read with care. */
export interface PullAnswer {
  state?: unknown;
  head?: { sha?: unknown; repo?: { full_name?: unknown } | null } | null;
  base?: { ref?: unknown; repo?: { full_name?: unknown } | null } | null;
}

/**
 * Whether a run that was handed on is one of the pull request that it names. The number comes from a file that the
 * pull request's own code may have written; commit and repository of the head come from GitHub, and only the pull
 * request whose head they are is commented on.
 * @param repository where the comment would go, `OWNER/NAME`
 * @returns why not, as the end of a sentence; '' where it is
 */
export function mismatch(
  handed: Pick<HandedOn, 'commit' | 'pullRequest'>,
  pull: PullAnswer,
  run: ForeignRun,
  repository: string,
): string {
  if (run.event !== 'pull_request') return `its run was started by ${run.event || 'an unknown event'}`;
  if (handed.commit !== run.headSha) return 'it is of another commit than its run';
  if (pull.base?.repo?.full_name !== repository)
    return `pull request ${handed.pullRequest} is not one of this repository`;
  if (run.headRepository === '' || pull.head?.repo?.full_name !== run.headRepository)
    return `pull request ${handed.pullRequest} comes from another repository than the run`;
  if (pull.head.sha !== run.headSha)
    return `the head of pull request ${handed.pullRequest} is another commit than the run's`;
  if (pull.state !== 'open') return `pull request ${handed.pullRequest} is closed`;
  return '';
}
