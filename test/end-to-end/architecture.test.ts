import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateFunctionCommand, GetFunctionCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { localLambda } from '../../src/local/function.ts';
import { run, until } from '../../src/local/parts/process.ts';
import { type BuildScene, startBuildScene } from './build-scene.ts';

const { docker, registry } = inject('parts');
let scene: BuildScene;
let lambda: LambdaClient;
/** `HOST/REPOSITORY@sha256:...` by architecture, pushed by docker itself: no run of ours has seen them. */
const uri = { amd64: '', arm64: '' };

beforeAll(async () => {
  scene = await startBuildScene(docker, registry);
  lambda = localLambda(scene.aws.endpoint);
  for (const architecture of ['amd64', 'arm64'] as const) uri[architecture] = await push(architecture);
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: scene.name,
      Role: 'arn:aws:iam::000000000000:role/local',
      PackageType: 'Image',
      Code: { ImageUri: uri.amd64 },
      Architectures: ['x86_64'],
    }),
  );
  const isActive = async () => (await lambda.send(latest())).Configuration?.State === 'Active';
  expect(await until(isActive, 10_000)).toBe(true);
});
beforeEach(() => {
  scene.requests.length = 0;
  delete scene.faults.before;
});
afterAll(async () => {
  lambda.destroy();
  await scene.close();
});

const latest = () => new GetFunctionCommand({ FunctionName: scene.name });
const changes = () => scene.requests.filter((request) => /:(Update|Publish|Create|Delete)/.test(request));

/** Builds from scratch for a platform, which needs no emulation, and pushes. */
async function push(architecture: 'amd64' | 'arm64'): Promise<string> {
  const temp = await mkdtemp(join(tmpdir(), 'architecture-'));
  try {
    const auth = Buffer.from(`${registry.user}:${registry.password}`).toString('base64');
    const config = join(temp, 'config');
    await mkdir(config);
    await writeFile(join(config, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));
    const name = `${registry.host}/${scene.name}:${architecture}`;
    const metadata = join(temp, 'metadata.json');
    const env = { ...process.env, ...docker.env, DOCKER_CONFIG: config };
    await run(
      docker.program,
      [
        ['buildx', 'build', '--builder', 'default', `--platform=linux/${architecture}`, '--provenance=false'],
        [
          `--output=type=image,name=${name},push=true,store=false`,
          `--metadata-file=${metadata}`,
          scene.context,
        ],
      ].flat(),
      { env },
    );
    const { default: written } = await import(metadata, { with: { type: 'json' } });
    return `${registry.host}/${scene.name}@${written['containerimage.digest']}`;
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
}

it('an arm64 image for an x86_64 function is refused by us, before any change', async () => {
  const outcome = await scene.deploy({ 'image-uri': uri.arm64, 'function-name': scene.name });
  expect(outcome.exitCode).toBe(1);
  expect(outcome.errors).toEqual([
    expect.stringMatching(
      new RegExp(
        `The image is built for arm64, but function ${scene.name} runs on amd64.*platform: linux/amd64`,
      ),
    ),
  ]);
  expect(outcome.outputs).toMatchObject({ result: 'failed' });
  expect(scene.requests).toContain('ecr:GetDownloadUrlForLayer');
  expect(changes()).toEqual([]);
  expect((await lambda.send(latest())).Code?.ResolvedImageUri).toBe(uri.amd64);
});

it('the same image by its tag is refused, too', async () => {
  const byTag = `${registry.host}/${scene.name}:arm64`;
  const outcome = await scene.deploy({ 'image-uri': byTag, 'function-name': scene.name });
  expect(outcome.errors.join()).toContain('built for arm64');
  expect(changes()).toEqual([]);
});

it('a role that may not read layers gets past our check, and Lambda is asked', async () => {
  scene.faults.before = (operation) =>
    operation === 'ecr:GetDownloadUrlForLayer'
      ? { status: 400, code: 'AccessDeniedException', message: 'not authorized' }
      : undefined;
  const outcome = await scene.deploy({ 'image-uri': uri.arm64, 'function-name': scene.name });
  expect(changes()).toEqual(['lambda:UpdateFunctionCode']);
  expect(outcome.outputs).toMatchObject({ result: 'deployed' });
});
