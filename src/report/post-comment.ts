import { type GitHubApi, gitHubApi } from '../github/api.ts';
import { COMMENT_LIMIT, commentMarker, putComment } from '../github/comment.ts';
import type { ReportTools } from './run.ts';

/**
 * Puts the comment on a pull request, or on the one that a commit belongs to.
 * @param text the report in at most so many characters
 * @returns what was done, one clause
 * @throws GitHubApiError
 */
export async function postComment(
  to: { number: number } | { sha: string },
  key: string,
  text: (limit: number) => string,
  { env, job, token }: Pick<ReportTools, 'env' | 'job' | 'token'>,
  deadline: number,
): Promise<string> {
  const api = gitHubApi({ env, token, deadline });
  const number = 'number' in to ? to.number : await pullRequestOf(api, job.repository, to.sha);
  if (number === undefined) return 'no comment, since this commit belongs to no pull request';
  const limit = COMMENT_LIMIT - commentMarker(key).length - 1;
  const result = await putComment(api, { repository: job.repository, pullRequest: number, key }, text(limit));
  return `comment on pull request ${number} ${result}`;
}

/** The pull request of a commit: one that is open, else the newest that was merged with it. */
async function pullRequestOf(api: GitHubApi, repository: string, sha: string): Promise<number | undefined> {
  const listed = await api.call('GET', `/repos/${repository}/commits/${sha}/pulls?per_page=100`);
  if (!Array.isArray(listed)) return undefined;
  const pulls = (listed as { number?: unknown; state?: unknown }[]).flatMap(({ number, state }) =>
    typeof number === 'number' ? [{ number, open: state === 'open' }] : [],
  );
  pulls.sort((a, b) => Number(b.open) - Number(a.open) || b.number - a.number);
  return pulls[0]?.number;
}
