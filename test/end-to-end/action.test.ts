import { randomUUID } from 'node:crypto';
import { appendFile, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateFunctionCommand, GetFunctionCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { containerRuntime } from '../../src/local/aws/container.ts';
import { type LocalAws, startLocalAws } from '../../src/local/aws/server.ts';
import { localLambda } from '../../src/local/function.ts';
import { type CacheService, runtimeToken, startCacheService } from '../support/cache-service.ts';
import { OWN_REF, OWN_REPOSITORY, stageActions } from '../support/runner/stage.ts';
import { runWorkflow } from '../support/runner.ts';

const root = join(import.meta.dirname, '..', '..');
const functionName = `action-test-${randomUUID().slice(0, 8)}`;

const workflow = (rebuild: string): string => `
on: push
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - id: ship
        uses: ${OWN_REPOSITORY}@${OWN_REF}
        with:
          context: example-api
          repository: ${functionName}
          create-repository: true
          function-name: ${functionName}
          alias: live
          aws-region: us-east-1
          cache: gha
          rebuild: ${rebuild}
    outputs:
      result: \${{ steps.ship.outputs.result }}
      version: \${{ steps.ship.outputs.version }}
      build-result: \${{ steps.ship.outputs.build-result }}
      digest: \${{ steps.ship.outputs.digest }}
`;

describe('the root action on a runner', () => {
  const parts = inject('parts');
  let temp = '';
  let stage = '';
  let workspace = '';
  let aws: LocalAws;
  let cache: CacheService;

  const run = (rebuild = 'changed') =>
    runWorkflow({
      workflow: workflow(rebuild),
      event: 'push',
      workspace,
      localRepositories: [{ repository: OWN_REPOSITORY, ref: OWN_REF, folder: stage }],
      cacheService: { url: cache.url, token: runtimeToken({ scopes: { 'refs/heads/main': 'write' } }) },
      env: {
        ...parts.docker.env,
        AWS_ENDPOINT_URL: aws.endpoint,
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
      },
      timeout: 160_000,
    });

  beforeAll(async () => {
    temp = await mkdtemp(join(tmpdir(), 'action-test-'));
    stage = join(temp, 'stage');
    await stageActions(root, stage);
    workspace = join(temp, 'workspace');
    await cp(join(root, 'example-api'), join(workspace, 'example-api'), {
      recursive: true,
      filter: (path) => !path.includes('node_modules'),
    });
    // Something new to compile: where the Engine still had every step, there would be no news for the layer cache.
    await appendFile(join(workspace, 'example-api', 'src', 'server.ts'), `// ${functionName}\n`);
    aws = await startLocalAws({
      stateFolder: join(temp, 'aws'),
      registry: parts.registry,
      runtime: containerRuntime({
        docker: parts.docker,
        emulator: parts.emulator,
        registry: parts.registry,
        stateFolder: join(temp, 'aws'),
      }),
    });
    cache = await startCacheService();
  });
  afterAll(async () => {
    await aws.close();
    await cache.close();
    await rm(temp, { recursive: true, force: true });
  });

  it('refuses a function that does not exist: exit 1, one line that says so, outputs set', async () => {
    const finished = await run();
    expect(finished.exitCode, finished.log).not.toBe(0);
    expect(finished.log).toMatch(new RegExp(`${functionName}.*(not exist|not found|no function)`, 'i'));
    expect(finished.jobs.deploy?.outputs['build-result']).toBe('built');
    // The failed deploy has still filled the layer cache.
    expect(cache.counters().bytesUp).toBeGreaterThan(1_000_000);
  });

  it('deploys to a function, reusing the image that is in the registry', async () => {
    const lambda = localLambda(aws.endpoint);
    const image = await run();
    const digest = image.jobs.deploy?.outputs.digest ?? '';
    expect(digest, image.log).toMatch(/^sha256:/);
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: functionName,
        Role: 'arn:aws:iam::000000000000:role/local',
        PackageType: 'Image',
        Code: { ImageUri: `${parts.registry.host}/${functionName}@${digest}` },
        Timeout: 30,
        MemorySize: 512,
      }),
    );
    await expect
      .poll(
        async () =>
          (await lambda.send(new GetFunctionCommand({ FunctionName: functionName }))).Configuration?.State,
        { timeout: 30_000 },
      )
      .toBe('Active');
    const finished = await run();
    expect(finished.exitCode, finished.log).toBe(0);
    expect(finished.jobs.deploy?.outputs).toMatchObject({
      result: 'deployed',
      version: '1',
      'build-result': 'reused',
      digest,
    });
    lambda.destroy();
  });

  it('says unchanged the next time, and rebuilds with layers of the cache where asked to', async () => {
    const finished = await run('always');
    expect(finished.exitCode, finished.log).toBe(0);
    expect(finished.jobs.deploy?.outputs).toMatchObject({ 'build-result': 'built' });
    expect(finished.log).toMatch(/importing cache manifest from gha|CACHED/);
    expect(cache.counters().hits).toBeGreaterThan(0);
  });
});
