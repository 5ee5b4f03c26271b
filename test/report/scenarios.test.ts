import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readZipFile } from '../../src/github/run-artifacts.ts';
import { readFileCommands } from '../../src/local/workflow-commands.ts';
import type { RunRecord } from '../../src/record.ts';
import { handedOnArtifact, reportArtifact } from '../../src/report/plan.ts';
import { parseHandedOn } from '../../src/report/record-check.ts';
import { type CacheService, runtimeToken, startCacheService } from '../support/cache-service.ts';
import { type GitHubStandIn, startGitHubApi } from '../support/github-api.ts';
import { fullRecord } from './full-record.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'report', 'main.ts');
const head = 'c'.repeat(40);
let github: GitHubStandIn;
let service: CacheService;
let temp: string;

beforeEach(async () => {
  [github, service, temp] = await Promise.all([
    startGitHubApi(),
    startCacheService(),
    mkdtemp(join(tmpdir(), 'report-')),
  ]);
});
afterEach(async () => {
  await Promise.all([github.close(), service.close()]);
  await rm(temp, { recursive: true, force: true });
});

interface Finished {
  exitCode: number | null;
  log: string;
  summary: string;
  outputs: Record<string, string>;
  warnings: string[];
}

const onMain = {
  GITHUB_EVENT_NAME: 'push',
  GITHUB_REF_TYPE: 'branch',
  GITHUB_REF_NAME: 'main',
  GITHUB_SHA: 'a'.repeat(40),
};

/** The environment of a pull request's job, whose head is in this repository. */
async function onPull(headRepository = 'octo-org/octo-app'): Promise<Record<string, string>> {
  const event = join(temp, 'event.json');
  const pull_request = {
    number: 7,
    base: { ref: 'main' },
    head: { sha: head, repo: { full_name: headRepository } },
  };
  await writeFile(event, JSON.stringify({ pull_request }));
  const scopes = { 'refs/pull/7/merge': 'write', 'refs/heads/main': 'read' } as const;
  return {
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_EVENT_PATH: event,
    ACTIONS_RUNTIME_TOKEN: runtimeToken({ scopes }),
  };
}

/** Runs the report action as a child process. */
async function report(
  env: Record<string, string>,
  inputs: Record<string, string> = {},
  record: RunRecord | string = fullRecord(),
): Promise<Finished> {
  const [file, output, summary] = ['record.json', 'output', 'summary'].map((name) => join(temp, name)) as [
    string,
    string,
    string,
  ];
  await Promise.all([
    writeFile(file, typeof record === 'string' ? record : JSON.stringify(record)),
    writeFile(output, ''),
    writeFile(summary, ''),
  ]);
  const given = { record: file, 'github-token': 'ghs_of-the-tests', ...inputs };
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH ?? '',
      RUNNER_TEMP: temp,
      GITHUB_WORKSPACE: temp,
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: summary,
      GITHUB_REPOSITORY: 'octo-org/octo-app',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_RUN_ID: '4711',
      ...github.env,
      ACTIONS_RESULTS_URL: service.url,
      ACTIONS_RUNTIME_TOKEN: runtimeToken(),
      ACTIONS_CACHE_SERVICE_V2: 'true',
      ...env,
      ...Object.fromEntries(
        Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
      ),
    },
  });
  let log = '';
  child.stdout.on('data', (chunk) => (log += chunk));
  child.stderr.on('data', (chunk) => (log += chunk));
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return {
    exitCode,
    log,
    summary: await readFile(summary, 'utf8'),
    outputs: readFileCommands(await readFile(output, 'utf8')),
    warnings: log.split('\n').filter((line) => line.startsWith('::warning')),
  };
}

describe('the report action', () => {
  it('keeps runs of a branch, and a pull request is compared with them in one comment', async () => {
    const first = await report(onMain);
    expect(first, first.log).toMatchObject({ exitCode: 0, warnings: [] });
    expect(first.log).toContain('no comment, since this is no pull request');
    expect((await report(onMain)).warnings).toEqual([]);
    expect(service.entries()).toHaveLength(2);
    const pull = await report(await onPull());
    expect(pull, pull.log).toMatchObject({ exitCode: 0, warnings: [] });
    expect(pull.outputs.record).toBe(join(temp, 'record.json'));
    expect(pull.summary).toMatch(/\S/);
    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]?.body).not.toContain('no run of the base branch has been kept');
    // A pull request keeps nothing: its own cache is no base for anyone.
    expect(service.entries()).toHaveLength(2);
    expect((await report(await onPull())).log).toMatch(/comment on pull request 7 (edited|unchanged)/);
    expect(github.comments).toHaveLength(1);
  });

  it('uploads page and record where asked to, and links the page', async () => {
    const done = await report(await onPull(), { artifact: 'true' });
    expect(done.warnings).toEqual([]);
    const zip = service.artifacts.stored.get(reportArtifact('my-api')) ?? Buffer.alloc(0);
    expect(await readZipFile(zip, 'report.html', 1e6)).toContain('<!doctype html>');
    expect(JSON.parse(await readZipFile(zip, 'record.json', 1e6))).toEqual(fullRecord());
  });

  it('hands the run of a fork on instead of commenting', async () => {
    const done = await report(await onPull('mallory/octo-app'));
    expect(done, done.log).toMatchObject({ exitCode: 0, warnings: [] });
    expect(github.requests).toEqual([]);
    const zip = service.artifacts.stored.get(handedOnArtifact('my-api')) ?? Buffer.alloc(0);
    const handed = parseHandedOn(await readZipFile(zip, 'run.json', 1e6));
    expect(handed).toMatchObject({ pullRequest: 7, key: 'my-api', commit: head });
    expect(handed.record.deploy).toEqual(fullRecord().deploy);
  });

  it('hands on what it may not say, with one warning that tells what to do', async () => {
    github.tokens.set('ghs_of-the-tests', 'dependabot[bot]:read');
    const done = await report(await onPull());
    expect(done.exitCode).toBe(0);
    expect(done.warnings).toEqual([
      expect.stringMatching(/HTTP 403.*pull-requests: write.*docs\/report\.md/),
    ]);
    expect([...service.artifacts.stored.keys()]).toEqual([handedOnArtifact('my-api')]);
  });

  it('comments on the pull request of a commit with `always`', async () => {
    const pull = { state: 'closed', headSha: onMain.GITHUB_SHA, headRepository: null, base: 'main' } as const;
    github.pulls.push({ ...pull, number: 3 }, { ...pull, number: 5 });
    await report(onMain, { comment: 'always' });
    expect(github.comments).toMatchObject([{ issue: 5 }]);
    github.pulls = [];
    expect((await report(onMain, { comment: 'always' })).log).toContain('belongs to no pull request');
  });

  it.each([
    ['hangs', 0],
    ['is out of order', 503],
    ['refuses', 401],
  ])(
    'costs one warning and no failure where GitHub %s',
    async (_what, status) => {
      github.fail({ status });
      service.fail({ on: 'GetCacheEntryDownloadURL', ...(status === 0 ? { delayMs: 60_000 } : { status }) });
      service.artifacts.faults.set('CreateArtifact', status);
      const done = await report(await onPull(), { artifact: 'true' });
      expect(done.exitCode, done.log).toBe(0);
      expect(done.warnings).toHaveLength(1);
      expect(done.warnings[0]).toMatch(
        /base branch could not be read.*not uploaded.*comment was not written/,
      );
      expect(done.summary).toMatch(/\S/);
      expect(done.log).not.toContain('::error');
    },
    30_000,
  );

  it('fails for no record, and tells a bad one', async () => {
    const none = await report(onMain, { record: '' });
    expect(none).toMatchObject({ exitCode: 0, warnings: [] });
    const bad = await report(onMain, {}, 'no json');
    expect(bad.exitCode).toBe(0);
    expect(bad.warnings).toHaveLength(1);
    const typo = await report(onMain, { comment: 'sometimes' });
    expect(typo.exitCode).toBe(1);
    expect(typo.log).toContain('::error::Input `comment` is "sometimes"; allowed: `auto`, `always`, `off`.');
  });
});
