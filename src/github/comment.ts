import { createHash } from 'node:crypto';
import { type GitHubApi, GitHubApiError } from './api.ts';

/** GitHub's limit for a comment's text, in characters. */
export const COMMENT_LIMIT = 65_536;
const PAGE = 100;
/** GitHub lists no more than 30,000 comments of an issue. */
const PAGES = 300;

/** Where a comment goes and which one it is. */
export interface CommentPlace {
  /** `OWNER/NAME` */
  repository: string;
  pullRequest: number;
  /** One comment a key. */
  key: string;
}

export type CommentResult = 'created' | 'edited' | 'unchanged';

interface Comment {
  id: number;
  body: string;
}

/**
 * What stands hidden at the head of a comment and says that it is the one of this key. The key itself, which may be
 * anybody's text, does not stand in it.
 */
export function commentMarker(key: string): string {
  const name = createHash('sha256')
    .update(key.split(/\s+/).filter(Boolean).join('\n'))
    .digest('hex')
    .slice(0, 16);
  return `<!-- deploy-lambda-container:${name} -->`;
}

/**
 * Puts the one comment of a key on a pull request: edits the oldest that has the marker and the token's owner as its
 * author (the marker alone can be planted by anyone), leaves it alone where it says the same already, else creates it.
 * Of two jobs that create one at once, each finds the older one afterwards: one comment is left, with the text of
 * the job that came last.
 * @param text Markdown, at most COMMENT_LIMIT characters with its marker and a line end
 * @throws GitHubApiError
 */
export async function putComment(api: GitHubApi, place: CommentPlace, text: string): Promise<CommentResult> {
  const body = `${commentMarker(place.key)}\n${text.trim()}`;
  const author = await api.viewer();
  const existing = await oldest(api, place, author);
  if (existing) return await edit(api, place, existing, body);
  const created = await create(api, place, author, body);
  const first = await oldest(api, place, author);
  if (!first || first.id >= created) return 'created';
  await edit(api, place, first, body);
  await remove(api, place, created);
  return 'edited';
}

async function edit(
  api: GitHubApi,
  { repository }: CommentPlace,
  comment: Comment,
  body: string,
): Promise<CommentResult> {
  if (normal(comment.body) === normal(body)) return 'unchanged';
  await api.call('PATCH', `/repos/${repository}/issues/comments/${comment.id}`, { body });
  return 'edited';
}

/** Creates; where no answer or a server's fault came back, it may have been created all the same. */
async function create(api: GitHubApi, place: CommentPlace, author: string, body: string): Promise<number> {
  const path = `/repos/${place.repository}/issues/${place.pullRequest}/comments`;
  try {
    return idIn(await api.call('POST', path, { body }));
  } catch (error) {
    if (!(error instanceof GitHubApiError) || (error.status !== 0 && error.status < 500)) throw error;
    const there = await oldest(api, place, author);
    return there ? there.id : idIn(await api.call('POST', path, { body }));
  }
}

async function remove(api: GitHubApi, { repository }: CommentPlace, id: number): Promise<void> {
  try {
    await api.call('DELETE', `/repos/${repository}/issues/comments/${id}`);
  } catch (error) {
    // Another job may have been as tidy.
    if (!(error instanceof GitHubApiError) || error.status !== 404) throw error;
  }
}

/** GitHub lists comments oldest first, so that the first one found is the oldest. */
async function oldest(
  api: GitHubApi,
  { repository, pullRequest, key }: CommentPlace,
  author: string,
): Promise<Comment | undefined> {
  const marker = commentMarker(key);
  for (let page = 1; page <= PAGES; page += 1) {
    const path = `/repos/${repository}/issues/${pullRequest}/comments?per_page=${PAGE}&page=${page}`;
    const listed = await api.call('GET', path);
    if (!Array.isArray(listed)) throw new GitHubApiError(`GET ${path} did not answer with a list`, 200);
    for (const entry of listed as { id?: unknown; body?: unknown; user?: { login?: unknown } | null }[])
      if (
        typeof entry.id === 'number' &&
        typeof entry.body === 'string' &&
        entry.user?.login === author &&
        entry.body.startsWith(marker)
      )
        return { id: entry.id, body: entry.body };
    if (listed.length < PAGE) return undefined;
  }
  return undefined;
}

function idIn(answer: unknown): number {
  const { id } = answer as { id?: unknown };
  if (typeof id !== 'number') throw new GitHubApiError('The new comment has no id', 200);
  return id;
}

/** GitHub gives a text back with its own line ends. */
function normal(text: string): string {
  return text.replaceAll('\r\n', '\n').trim();
}
