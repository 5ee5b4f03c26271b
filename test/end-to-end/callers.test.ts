import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetAliasCommand, GetFunctionCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type LocalAws, startLocalAws } from '../../src/local/aws/server.ts';
import { localLambda } from '../../src/local/function.ts';
import { ScriptedRuntime } from '../local/aws/stand.ts';
import {
  type LocalRepository,
  runWorkflow,
  stageActions,
  type WorkflowCall,
  type WorkflowResult,
} from '../support/runner.ts';
import { type CallerRepository, writeCaller } from './caller.ts';

const root = join(import.meta.dirname, '..', '..');
const parts = inject('parts');
const name = `caller-${randomUUID().slice(0, 8)}`;
const BUILD = /deploy-lambda-container\/build@/;
const staging = `${name}-staging`;

let temp = '';
let own: LocalRepository;
let caller: CallerRepository;
let aws: LocalAws;
let lambda: LambdaClient;

beforeAll(async () => {
  temp = await mkdtemp(join(tmpdir(), 'callers-'));
  own = await stageActions(root, join(temp, 'stage'));
  const role = 'arn:aws:iam::000000000000:role/app';
  caller = await writeCaller(root, join(temp, 'caller'), { name, registryHost: parts.registry.host, role });
  const runtime = new ScriptedRuntime();
  runtime.answer = () => ({ payload: Buffer.from(JSON.stringify({ statusCode: 200, body: 'ok' })) });
  aws = await startLocalAws({
    stateFolder: join(temp, 'aws'),
    registry: parts.registry,
    runtime,
    updateMs: 5,
    publishMs: 0,
  });
  lambda = localLambda(aws.endpoint);
});
afterAll(async () => {
  lambda?.destroy();
  await aws?.close();
  await rm(temp, { recursive: true, force: true });
});

/** No test asks GitHub: nobody listens there. */
const environment = () => ({
  ...parts.docker.env,
  AWS_ENDPOINT_URL: aws.endpoint,
  GITHUB_API_URL: 'http://127.0.0.1:9',
  GITHUB_GRAPHQL_URL: 'http://127.0.0.1:9/graphql',
});

/** Runs a workflow in the caller's repository. */
const runThere = async (call: WorkflowCall) =>
  await runWorkflow({
    workspace: caller.folder,
    localRepositories: [own],
    env: environment(),
    secrets: { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' },
    timeout: 160_000,
    ...call,
  });

/** The digest that a function's users get. */
async function servedDigest(functionName: string): Promise<string | undefined> {
  const got = await lambda.send(new GetFunctionCommand({ FunctionName: functionName, Qualifier: 'live' }));
  return got.Code?.ResolvedImageUri?.split('@')[1];
}

async function servedVersion(functionName: string): Promise<string | undefined> {
  return (await lambda.send(new GetAliasCommand({ FunctionName: functionName, Name: 'live' })))
    .FunctionVersion;
}

/** How many builds a run did. */
function builds(run: WorkflowResult): number {
  return run.steps.filter(
    ({ stage, name, outcome }) => stage === 'Main' && BUILD.test(name) && outcome !== 'skipped',
  ).length;
}

describe('promotion, from another repository', () => {
  it('builds once and deploys that digest to two functions', async () => {
    const run = await runThere({
      workflow: (await caller.workflow('promote.yml')).replace('10% 2m', '10% 1s'),
    });
    expect(run.exitCode, run.log).toBe(0);
    const { staging: first, production: second } = run.jobs;
    expect(first?.outputs).toMatchObject({ 'build-result': 'built', result: 'deployed', version: '1' });
    expect(first?.outputs.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(second?.outputs).toMatchObject({ result: 'deployed', digest: first?.outputs.digest });
    expect(builds(run)).toBe(1);
    expect([await servedDigest(staging), await servedDigest(name)]).toEqual([
      first?.outputs.digest,
      first?.outputs.digest,
    ]);
  });
});

describe('by hand, from another repository', () => {
  const byHand = async (inputs: Record<string, string>) =>
    await runThere({
      workflow: await caller.workflow('manual.yml'),
      event: 'workflow_dispatch',
      inputs: { 'function-name': staging, ...inputs },
    });
  let before = '';

  it('a dry-run changes nothing', async () => {
    before = (await servedDigest(staging)) ?? '';
    await writeFile(join(caller.folder, 'content'), `${name} changed`);
    const run = await byHand({ what: 'build and deploy', 'dry-run': 'true' });
    expect(run.exitCode, run.log).toBe(0);
    expect(await servedDigest(staging)).toBe(before);
  });

  it('build and deploy', async () => {
    const run = await byHand({ what: 'build and deploy' });
    expect(run.exitCode, run.log).toBe(0);
    expect(run.jobs.deploy?.outputs).toMatchObject({
      'build-result': 'built',
      result: 'deployed',
      'previous-version': '1',
      version: '2',
    });
    expect(await servedDigest(staging)).toBe(run.jobs.deploy?.outputs.digest);
    expect(await servedDigest(staging)).not.toBe(before);
  });

  it('back to the previous version, and to one by its number', async () => {
    const back = await byHand({ what: 'roll back' });
    expect(back.exitCode, back.log).toBe(0);
    expect(await servedVersion(staging)).toBe('1');
    const forth = await byHand({ what: 'roll back', 'rollback-to': '2' });
    expect(forth.exitCode, forth.log).toBe(0);
    expect(await servedVersion(staging)).toBe('2');
    expect(builds(back) + builds(forth)).toBe(0);
  });

  it('an image that exists', async () => {
    const image = `${parts.registry.host}/${name}@${before}`;
    const run = await byHand({ what: 'deploy image-uri', 'image-uri': image });
    expect(run.exitCode, run.log).toBe(0);
    expect(await servedDigest(staging)).toBe(before);
    expect(builds(run)).toBe(0);
  });
});

describe('by hand, in this repository', () => {
  it('each choice of deploy.yml', async () => {
    const workflow = (await readFile(join(root, '.github', 'workflows', 'deploy.yml'), 'utf8'))
      .replaceAll('example-api-staging', staging)
      .replace('options: [example-api,', `options: [${name},`);
    const byHand = async (inputs: Record<string, string>) =>
      await runThere({
        workflow,
        event: 'workflow_dispatch',
        inputs: { context: '.', repository: name, 'function-name': name, ...inputs },
        vars: { AWS_REGION: 'us-east-1' },
      });
    const built = await byHand({ what: 'build and deploy' });
    expect(built.exitCode, built.log).toBe(0);
    expect(built.jobs.deploy?.outputs).toMatchObject({ result: 'deployed' });
    const now = await servedVersion(name);
    const back = await byHand({ what: 'roll back' });
    expect(back.exitCode, back.log).toBe(0);
    expect(await servedVersion(name)).not.toBe(now);
    const digest = built.jobs.build?.outputs.digest;
    const image = await byHand({
      what: 'deploy image-uri',
      'image-uri': `${parts.registry.host}/${name}@${digest}`,
    });
    expect(image.exitCode, image.log).toBe(0);
    expect(await servedDigest(name)).toBe(digest);
  });
});

describe('steps, from another repository', () => {
  it('a pull request is built without an AWS account, and pushes nothing', async () => {
    const run = await runThere({
      workflow: await caller.workflow('pull-request.yml'),
      event: 'pull_request',
      secrets: {},
    });
    expect(run.exitCode, run.log).toBe(0);
    expect(run.log).toContain('Push nothing');
  });

  it.each(['minimal.yml', 'sub-actions.yml'])('%s deploys', async (file) => {
    const run = await runThere({
      workflow: await caller.workflow(file),
      env: {
        ...environment(),
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
      },
    });
    expect(run.exitCode, run.log).toBe(0);
    expect(run.summary).toContain(name);
  });
});
