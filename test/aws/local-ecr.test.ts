import {
  BatchGetImageCommand,
  CreateRepositoryCommand,
  ECRClient,
  PutImageCommand,
} from '@aws-sdk/client-ecr';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Stand, startStand } from '../local/aws/stand.ts';

let stand: Stand;
let ecr: ECRClient;
/** Digests of two images, and their manifests. */
let one: string;
let two: string;

beforeEach(async () => {
  stand = await startStand();
  ecr = new ECRClient(stand.config);
  for (const [repositoryName, imageTagMutability] of [
    ['fixed', 'IMMUTABLE'],
    ['free', 'MUTABLE'],
  ] as const) {
    await ecr.send(new CreateRepositoryCommand({ repositoryName, imageTagMutability }));
    one = stand.registry.image(repositoryName, 'v1');
    two = stand.registry.image(repositoryName, 'v2');
  }
});
afterEach(async () => {
  ecr.destroy();
  await stand.close();
});

/** Puts a tag on an image that the repository has; no tag where it is absent. */
async function put(repositoryName: string, digest: string, imageTag?: string) {
  const imageManifest = stand.registry.manifests.get(`${repositoryName}:${digest}`)?.body.toString();
  return await ecr.send(new PutImageCommand({ repositoryName, imageManifest, imageTag }));
}

async function digestOf(repositoryName: string, imageTag: string) {
  const input = { repositoryName, imageIds: [{ imageTag }] };
  return (await ecr.send(new BatchGetImageCommand(input))).images?.[0]?.imageId?.imageDigest;
}

it.each(['fixed', 'free'])('a new tag is put in a %s repository', async (repository) => {
  expect((await put(repository, one, 'new')).image?.imageId).toEqual({ imageDigest: one, imageTag: 'new' });
  expect(await digestOf(repository, 'new')).toBe(one);
});

it.each(['fixed', 'free'])(
  'a tag that names the image already is told apart in a %s one',
  async (repository) => {
    await expect(put(repository, one, 'v1')).rejects.toMatchObject({ name: 'ImageAlreadyExistsException' });
    await expect(put(repository, one)).rejects.toMatchObject({ name: 'ImageAlreadyExistsException' });
    expect(await digestOf(repository, 'v1')).toBe(one);
  },
);

it('a tag is moved in a free repository, and never in a fixed one', async () => {
  await put('free', two, 'v1');
  expect(await digestOf('free', 'v1')).toBe(two);
  await expect(put('fixed', two, 'v1')).rejects.toMatchObject({
    name: 'ImageTagAlreadyExistsException',
    message: expect.stringContaining(
      "'v1' already exists in the 'fixed' repository and cannot be overwritten",
    ),
  });
  expect(await digestOf('fixed', 'v1')).toBe(one);
});
