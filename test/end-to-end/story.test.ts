import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type LocalAws, startLocalAws } from '../../src/local/aws/server.ts';
import { ScriptedRuntime } from '../local/aws/stand.ts';
import { type CacheService, runtimeToken, startCacheService } from '../support/cache-service.ts';
import { type GitHubStandIn, startGitHubApi } from '../support/github-api.ts';
import { OWN_REF, OWN_REPOSITORY, stageActions } from '../support/runner/stage.ts';
import { runWorkflow } from '../support/runner.ts';

const root = join(import.meta.dirname, '..', '..');
const repository = `story-${process.pid}`;

/** One path for all runs, as hosted runners have it: the cache finds an entry under no other. */
const runnerTemp = join(tmpdir(), `story-runner-${process.pid}`);

const workflow = `
on: [push, pull_request]
permissions:
  pull-requests: write
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - uses: ${OWN_REPOSITORY}@${OWN_REF}
        env:
          RUNNER_TEMP: ${runnerTemp}
        with:
          repository: ${repository}
          create-repository: true
          aws-region: us-east-1
          cache: gha
`;

/** What an installation is in small: the packages that package.json names, taken from a folder. */
const install = `const { cpSync, readFileSync } = require('node:fs');
for (const name of Object.keys(JSON.parse(readFileSync('package.json', 'utf8')).dependencies))
  cpSync('vendor/' + name, 'node_modules/' + name);
`;

const dockerfile = `FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY install.cjs ./
COPY vendor/ ./vendor/
COPY package.json ./
RUN node install.cjs

FROM node:24-bookworm-slim
WORKDIR /app
COPY --link --from=dependencies /app/node_modules ./node_modules
COPY --link server.mjs ./
CMD ["node", "server.mjs"]
`;

const parts = inject('parts');
let temp = '';
let app = '';
let aws: LocalAws;
let cache: CacheService;
let github: GitHubStandIn;

const dependencies = (...names: string[]): Promise<void> =>
  writeFile(
    join(app, 'package.json'),
    JSON.stringify({ dependencies: Object.fromEntries(names.map((name) => [name, '1.0.0'])) }),
  );
const source = (text: string): Promise<void> => writeFile(join(app, 'server.mjs'), `// ${text}\n`);

async function push(event: 'push' | 'pull_request') {
  const scopes: Record<string, 'read' | 'write'> =
    event === 'push'
      ? { 'refs/heads/main': 'write' }
      : { 'refs/pull/7/merge': 'write', 'refs/heads/main': 'read' };
  const run = await runWorkflow({
    workflow,
    event,
    workspace: app,
    localRepositories: [{ repository: OWN_REPOSITORY, ref: OWN_REF, folder: join(temp, 'stage') }],
    cacheService: { url: cache.url, token: runtimeToken({ scopes }) },
    env: {
      ...parts.docker.env,
      ...github.env,
      AWS_ENDPOINT_URL: aws.endpoint,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    },
    timeout: 170_000,
  });
  expect(run.exitCode, run.log).toBe(0);
  return run;
}

beforeAll(async () => {
  temp = await mkdtemp(join(tmpdir(), 'story-'));
  app = join(temp, 'app');
  await Promise.all([join(app, 'vendor'), runnerTemp].map((path) => mkdir(path, { recursive: true })));
  await Promise.all([
    stageActions(root, join(temp, 'stage')),
    writeFile(join(app, 'Dockerfile'), dockerfile),
    writeFile(join(app, '.dockerignore'), '.git\n'),
    writeFile(join(app, 'install.cjs'), install),
    // gzip cannot make these smaller.
    writeFile(join(app, 'vendor', 'small'), randomBytes(200_000)),
    writeFile(join(app, 'vendor', 'large'), randomBytes(3_000_000)),
    dependencies('small'),
  ]);
  aws = await startLocalAws({
    stateFolder: join(temp, 'aws'),
    registry: parts.registry,
    runtime: new ScriptedRuntime(),
  });
  cache = await startCacheService();
  github = await startGitHubApi();
});
afterAll(async () => {
  await Promise.all([aws.close(), cache.close(), github.close()]);
  await Promise.all([temp, runnerTemp].map((path) => rm(path, { recursive: true, force: true })));
});

it('a pull request that adds a dependency is told what grew, by how much, and by which instruction', async () => {
  for (const text of ['first', 'second']) {
    await source(text);
    const run = await push('push');
    expect(run.summary).toContain('image');
  }
  expect(github.comments).toEqual([]);

  await dependencies('small', 'large');
  await push('pull_request');
  expect(github.comments).toHaveLength(1);
  const [comment] = github.comments;
  expect(comment).toMatchObject({ issue: 7, author: 'github-actions[bot]' });
  const text = comment?.body ?? '';
  expect(text).toMatch(/\*\*Image\*\* .* \*\*\+3\.0 MB\*\* against main/);
  expect(text).toMatch(/<code>COPY .*node&#95;modules.*<\/code> \|.*\| \+3\.0 MB \|/);
  expect(text).toMatch(/RUN node install\.cjs<\/code> \|.*\(<code>package\.json<\/code>\)/);

  // The same push once more changes nothing of the comment but is still one.
  await push('pull_request');
  expect(github.comments).toHaveLength(1);
});
