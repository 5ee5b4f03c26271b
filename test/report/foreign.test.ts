import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CacheStore } from '../../src/github/cache.ts';
import { commentMarker } from '../../src/github/comment.ts';
import type { Log } from '../../src/github/log.ts';
import { reportForeignRun } from '../../src/report/foreign/run.ts';
import { handedOnArtifact } from '../../src/report/plan.ts';
import { type GitHubStandIn, startGitHubApi } from '../support/github-api.ts';
import { fullRecord } from './full-record.ts';

const head = 'c'.repeat(40);
const run = { id: 99, event: 'pull_request', headSha: head, headRepository: 'contributor/octo-app' };
const pull = {
  number: 7,
  state: 'open' as const,
  headSha: head,
  headRepository: 'contributor/octo-app',
  base: 'main',
};
const handed = { schema: 1, pullRequest: 7, key: 'my-api', commit: head, record: fullRecord() };
const noCache = { isAvailable: () => false } as CacheStore;

let github: GitHubStandIn;
let temp: string;
let said: { info: string[]; warning: string[] };

beforeEach(async () => {
  github = await startGitHubApi();
  github.pulls.push(pull);
  temp = await mkdtemp(join(tmpdir(), 'foreign-'));
  said = { info: [], warning: [] };
});
afterEach(async () => {
  await github.close();
  await rm(temp, { recursive: true, force: true });
});

function store(content: unknown, more: { name?: string; run?: number; size?: number } = {}): void {
  const zip = Buffer.from(zipSync({ 'run.json': strToU8(JSON.stringify(content)) }));
  const name = handedOnArtifact('my-api');
  github.artifacts.push({ id: github.artifacts.length + 1, name, run: 99, zip, ...more });
}

const report = (of = run) =>
  reportForeignRun(of, {
    env: { ...github.env, GITHUB_SERVER_URL: 'https://github.com' },
    repository: 'octo-org/octo-app',
    runnerTemp: temp,
    token: 'ghs_of-the-tests',
    store: noCache,
    log: {
      info: (line: string) => void said.info.push(line),
      warning: (line: string) => void said.warning.push(line),
      debug: () => {},
      group: (_heading: string, work: () => Promise<unknown>) => work(),
    } as Log,
  });

describe('the run of a fork', () => {
  it('is commented on where GitHub says the same of it', async () => {
    store(handed);
    await report();
    expect(said).toEqual({ info: ['Report: comment on pull request 7 created.'], warning: [] });
    expect(github.comments).toMatchObject([{ issue: 7, author: 'github-actions[bot]' }]);
    expect(github.comments[0]?.body).toContain(commentMarker('my-api'));
    expect(github.comments[0]?.body).toMatch(/my.*api/);
    await report();
    expect(github.comments).toHaveLength(1);
  });

  it.each<[string, Partial<typeof run>, object, object, string]>([
    ['another pull request', {}, { pullRequest: 8 }, {}, 'pull request 8 comes from another repository'],
    ['one that does not exist', {}, { pullRequest: 404 }, {}, 'answered HTTP 404'],
    ['another commit', {}, { commit: 'd'.repeat(40) }, {}, 'of another commit than its run'],
    ['a head that moved on', {}, {}, { headSha: 'e'.repeat(40) }, "is another commit than the run's"],
    ['a fork that is gone', {}, {}, { headRepository: null }, 'comes from another repository'],
    ['a closed one', {}, {}, { state: 'closed' }, 'is closed'],
    ['a push', { event: 'push' }, {}, {}, 'its run was started by push'],
    ["another fork's run", { headRepository: 'mallory/octo-app' }, {}, {}, 'comes from another repository'],
    ['a run without a repository', { headRepository: '' }, {}, {}, 'comes from another repository'],
    ['a key that is not of its name', {}, { key: 'other' }, {}, 'its name is not that of its key'],
    ['no record', {}, { record: { schema: 1 } }, {}, 'no run record: record.steps'],
  ])('is refused with %s', async (_what, ofRun, ofArtifact, ofPull, message) => {
    // A pull request of the repository's own, which a fork would like to speak on.
    const own = { ...pull, number: 8, headSha: head, headRepository: 'octo-org/octo-app' };
    github.pulls = [{ ...pull, ...ofPull }, own];
    store({ ...handed, ...ofArtifact });
    await report({ ...run, ...ofRun });
    expect(said.warning).toEqual([expect.stringContaining(message)]);
    expect(github.comments).toEqual([]);
  });

  it('is not looked at where it is too large, of another run, or not named as ours', async () => {
    store(handed, { size: 10_000_000 });
    store(handed, { run: 98 });
    store(handed, { name: 'coverage' });
    await report();
    expect(said).toEqual({ info: ['Report: run 99 has handed nothing on.'], warning: [] });
    // The announced size can lie; what is read is bounded too.
    const noise = Buffer.alloc(600_000, 'x');
    github.artifacts = [{ id: 5, name: handedOnArtifact('my-api'), run: 99, zip: noise, size: 10 }];
    await report();
    expect(said.warning).toEqual([expect.stringContaining('answered with more than is read')]);
  });

  it('shows what it says as text', async () => {
    const hostile = '::error::x\r\n<script>alert(1)</script> @octocat [x](javascript:1) ```mermaid';
    const record = fullRecord();
    record.reasons = [hostile];
    record.deploy = record.deploy.map((entry) => ({ ...entry, function: hostile, reasons: [hostile] }));
    record.build.vertices = [{ name: hostile, kind: 'run', cached: false, ms: 9000, startMs: 1 }];
    store({ ...handed, record });
    await report();
    const body = github.comments[0]?.body ?? '';
    expect(body).not.toMatch(/<script|[^&#\w]@octocat|\]\(javascript/);
    expect(said.info.join('\n')).not.toMatch(/^\s*::/m);
  });

  it('goes on after a bad artifact, and survives an API in trouble', async () => {
    store('not a run');
    store(handed);
    await report();
    expect(said.warning).toHaveLength(1);
    expect(github.comments).toHaveLength(1);
    github.fail({ on: /artifacts\?/, status: 403, message: 'Resource not accessible by integration' });
    await report();
    expect(said.warning[1]).toContain('could not be listed');
  });
});
