import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gitHubApi } from '../../src/github/api.ts';
import { COMMENT_LIMIT, commentMarker, putComment } from '../../src/github/comment.ts';
import { type GitHubStandIn, startGitHubApi } from '../support/github-api.ts';

const place = { repository: 'octo-org/octo-app', pullRequest: 7, key: 'my-api' };
const marker = commentMarker('my-api');
const bot = 'github-actions[bot]';
let github: GitHubStandIn;

beforeEach(async () => {
  github = await startGitHubApi();
});
afterEach(() => github.close());

const put = (text: string, { token = 'ghs_of-the-tests', key = 'my-api', limit = 10_000 } = {}) =>
  putComment(gitHubApi({ env: github.env, token, deadline: Date.now() + limit }), { ...place, key }, text);
const writes = () => github.requests.filter((line) => !/^GET|graphql/.test(line));

describe('the comment of a key', () => {
  it('is created, edited, and left alone where it says the same', async () => {
    expect(await put('first\nline')).toBe('created');
    expect(await put('first\nline')).toBe('unchanged');
    expect(writes()).toHaveLength(1);
    expect(await put('second')).toBe('edited');
    expect(github.comments).toEqual([{ id: 1, issue: 7, body: `${marker}\nsecond`, author: bot }]);
  });

  it('is one of several keys, each its own', async () => {
    await put('a', { key: 'a' });
    await put('b', { key: 'b' });
    await put('a again', { key: 'a' });
    expect(github.comments.map(({ body }) => body.split('\n')[1])).toEqual(['a again', 'b']);
    expect(commentMarker('a\n b')).toBe(commentMarker('a\r\nb '));
    expect(commentMarker('--> <script>')).toMatch(/^<!-- deploy-lambda-container:[0-9a-f]{16} -->$/);
  });

  it('is found behind pages of others', async () => {
    for (let n = 0; n < 234; n += 1) github.add(7, 'octocat', `comment ${n}`);
    github.add(7, bot, `${marker}\nold`);
    expect(await put('new')).toBe('edited');
    expect(github.comments).toHaveLength(235);
    expect(github.requests.filter((line) => line.startsWith('GET'))).toHaveLength(3);
  });

  it('is not the one where somebody else has planted the marker, nor one that quotes it', async () => {
    github.add(7, 'mallory', `${marker}\nplanted`);
    github.add(7, bot, `> ${marker}\nquoted`);
    expect(await put('ours')).toBe('created');
    expect(github.comments.map(({ author }) => author)).toEqual(['mallory', bot, bot]);
    expect(github.comments[0]?.body).toBe(`${marker}\nplanted`);
  });

  it("is each token's own: a person's, an app's", async () => {
    github.tokens.set('ghp_1', 'hubot').set('ghs_2', 'my-app[bot]');
    await put('by the job');
    expect(await put('by a person', { token: 'ghp_1' })).toBe('created');
    expect(await put('by an app', { token: 'ghs_2' })).toBe('created');
    expect(await put('by the person again', { token: 'ghp_1' })).toBe('edited');
    expect(github.comments.map(({ author }) => author)).toEqual([bot, 'hubot', 'my-app[bot]']);
  });

  it('stays one where two jobs create it at once', async () => {
    github.beforeCreate = () => {
      github.beforeCreate = undefined;
      github.add(7, bot, `${marker}\nthe other job's`);
    };
    expect(await put('ours')).toBe('edited');
    expect(github.comments.map(({ body }) => body)).toEqual([`${marker}\nours`]);
    await Promise.all([put('one', { key: 'k' }), put('two', { key: 'k' }), put('three', { key: 'k' })]);
    expect(github.comments.filter(({ body }) => body.startsWith(commentMarker('k')))).toHaveLength(1);
  });

  it('may be as long as GitHub allows', async () => {
    const text = 'x'.repeat(COMMENT_LIMIT - marker.length - 1);
    expect(await put(text)).toBe('created');
    await expect(put(`${text}x`)).rejects.toMatchObject({ status: 422 });
  });
});

describe('a GitHub API in trouble', () => {
  it.each([
    ['a server error', { status: 502, times: 2 }],
    ['a secondary limit that is soon over', { status: 403, headers: { 'retry-after': '1' }, times: 1 }],
    ['the same as 429', { status: 429, headers: { 'retry-after': '0' }, times: 1 }],
  ])('is asked again after %s', async (_what, fault) => {
    github.fail(fault);
    expect(await put('text')).toBe('created');
    expect(github.comments).toHaveLength(1);
  });

  it('waits for the end of the primary limit where that is near', async () => {
    const reset = String(Math.floor(Date.now() / 1000));
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
    github.fail({ on: /^POST \/repos/, status: 403, headers, times: 1 });
    expect(await put('text')).toBe('created');
  });

  it.each([
    ['403', { status: 403, message: 'Resource not accessible by integration' }, 403],
    ['a limit of minutes', { status: 403, headers: { 'retry-after': '120' } }, 403],
    ['a limit without an end', { status: 429, message: 'You have exceeded a secondary rate limit' }, 429],
  ])('is not asked again on %s', async (_what, fault, status) => {
    github.fail({ on: /^POST \/repos/, ...fault });
    await expect(put('text')).rejects.toMatchObject({ status });
    expect(writes()).toHaveLength(1);
    expect(github.comments).toEqual([]);
  });

  it('ends with the time it was given where it hangs, whatever hangs', async () => {
    github.fail({ status: 0 });
    await expect(put('text', { limit: 1_000 })).rejects.toMatchObject({ status: 0 });
    await expect(put('text', { limit: 0 })).rejects.toThrow('the time for it is over');
  });

  it('creates no second comment where the answer to the first was lost', async () => {
    github.fail({ on: /^POST \/repos/, status: 504, times: 1, carriedOut: true });
    expect(await put('text')).toBe('created');
    expect(github.comments).toHaveLength(1);
    github.fail({ on: /^POST \/repos/, status: 500, times: 1 });
    expect(await put('text', { key: 'other' })).toBe('created');
    expect(github.comments).toHaveLength(2);
  });

  it('is told from a proxy that answers with a page', async () => {
    github.fail({ status: 401 });
    await expect(put('text')).rejects.toThrow('POST /graphql answered HTTP 401: a fault of the test');
  });
});
