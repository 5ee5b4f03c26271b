import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { afterEach, expect, inject, it } from 'vitest';
import type { RegistryAccess } from '../../src/local/aws/registry.ts';
import { readRecord } from '../../src/record.ts';
import { type RegistryServer, startRegistry } from '../support/registry-server.ts';
import { type BuildRun, type BuildScene, startBuildScene } from './build-scene.ts';
import { forget } from './engine-cache.ts';

const { docker, registry } = inject('parts');
let scene: BuildScene;
let inMemory: RegistryServer | undefined;

async function start(access: RegistryAccess): Promise<void> {
  scene = await startBuildScene(docker, access);
}
afterEach(async () => {
  await forget(docker, scene.name);
  await scene.close();
  await inMemory?.close();
  inMemory = undefined;
});

const cacheOf = async ({ main }: BuildRun) => (await readRecord(main.outputs.record ?? '')).cache;
/** A configuration as `docker login` leaves it. */
async function userLogin(): Promise<string> {
  const folder = join(scene.context, '.docker');
  const auth = Buffer.from(`${registry.user}:${registry.password}`).toString('base64');
  await mkdir(folder);
  await writeFile(join(folder, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));
  return folder;
}
const change = async (text: string) => await writeFile(join(scene.context, `${scene.name}-two`), text);

it('the second build on a fresh machine takes its layers from the registry', async () => {
  await start(registry);
  const first = await scene.build({ cache: 'registry' });
  expect(first.main.exitCode, first.log).toBe(0);
  expect(await cacheOf(first)).toMatchObject({ kind: 'registry', hits: 0, total: 2 });
  expect(first.log).toMatch(/Layer cache: written in/);
  expect(first.left).toEqual(['deploy-lambda-container']);

  await forget(docker, scene.name);
  const second = await scene.build({ cache: 'registry' });
  expect(second.main.exitCode, second.log).toBe(0);
  expect(await cacheOf(second), second.log).toMatchObject({ kind: 'registry', hits: 2, total: 2 });
  // Nothing of it is news to the cache.
  expect(second.log).not.toMatch(/Layer cache: written in/);

  await forget(docker, scene.name);
  await change('changed');
  const third = await scene.build({ cache: 'registry' });
  expect(await cacheOf(third), third.log).toMatchObject({ hits: 1, total: 2 });
  expect(third.main.outputs.digest).not.toBe(second.main.outputs.digest);
});

it('without its cache tag the build is done in full', async () => {
  await start(registry);
  const run = await scene.build({ cache: 'registry', 'cache-scope': 'of/its-own' });
  expect(run.main.exitCode, run.log).toBe(0);
  expect(run.log).toContain(`${registry.host}/${scene.name}:cache-of-its-own`);
  expect(run.main.errors).toEqual([]);
});

it('a pull request that may not push reads the cache with the login it has, and writes none', async () => {
  await start(registry);
  await scene.build({ cache: 'registry' });
  await forget(docker, scene.name);
  const run = await scene.build({ cache: 'registry', push: 'false' });
  expect(run.main.exitCode, run.log).toBe(0);
  expect(await cacheOf(run)).toMatchObject({ kind: 'off' });
  expect(run.log).toContain('reads a registry cache only where `registry` names it');
  await forget(docker, scene.name);
  const reading = await scene.build(
    { cache: 'registry', push: 'false', registry: registry.host },
    { DOCKER_CONFIG: await userLogin() },
  );
  expect(reading.main.exitCode, reading.log).toBe(0);
  expect(await cacheOf(reading), reading.log).toMatchObject({ kind: 'registry', hits: 2, total: 2 });
  expect(reading.log).not.toMatch(/Layer cache: written in/);
  expect(scene.requests.filter((request) => request === 'ecr:GetAuthorizationToken')).toHaveLength(1);
});

it('a cache tag that cannot be moved costs a warning, not the deploy', async () => {
  inMemory = await startRegistry({ immutable: true });
  await start(inMemory);
  const first = await scene.build({ cache: 'registry', tags: 'one' });
  expect(first.main.exitCode, first.log).toBe(0);
  expect(first.log).toMatch(/Layer cache: written in/);
  await change('changed');
  const second = await scene.build({ cache: 'registry', tags: 'two' });
  expect(second.main.exitCode, second.log).toBe(0);
  expect(second.post.exitCode).toBe(0);
  expect(second.log).toMatch(
    /Warning: The layer cache was not written: ERROR: .*manifests\/cache-.*immutable/,
  );
  expect(second.left).toEqual(['deploy-lambda-container']);
});

it('create-repository makes the repository once, with scan on push', async () => {
  await start(registry);
  const run = await scene.build({ 'create-repository': 'true' });
  expect(run.main.exitCode, run.log).toBe(0);
  expect(scene.requests.filter((request) => request === 'ecr:CreateRepository')).toHaveLength(1);
  expect(run.log).toContain(`Create ECR repository ${scene.name}.`);
  await scene.build({ 'create-repository': 'true' });
  expect(scene.requests.filter((request) => request === 'ecr:CreateRepository')).toHaveLength(1);
  const ecr = new ECRClient({
    endpoint: scene.aws.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const { repositories } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [scene.name] }));
  expect(repositories?.[0]).toMatchObject({
    imageScanningConfiguration: { scanOnPush: true },
    imageTagMutability: 'MUTABLE',
  });
  ecr.destroy();
});

it('a role that may not create is told what to allow; a dry run creates nothing', async () => {
  await start(registry);
  const dry = await scene.build({ 'create-repository': 'true', 'dry-run': 'true' });
  expect(dry.main.exitCode, dry.log).toBe(0);
  expect(scene.requests).not.toContain('ecr:CreateRepository');
  scene.faults.before = (operation) =>
    operation === 'ecr:CreateRepository'
      ? { status: 400, code: 'AccessDeniedException', message: 'User: arn:x is not authorized' }
      : undefined;
  const run = await scene.build({ 'create-repository': 'true' });
  expect(run.main.exitCode).toBe(1);
  expect(run.main.errors).toEqual([
    `Cannot create ECR repository ${scene.name}: User: arn:x is not authorized. Allow the role ecr:CreateRepository.`,
  ]);
  expect(run.left).toEqual(['deploy-lambda-container']);
});
