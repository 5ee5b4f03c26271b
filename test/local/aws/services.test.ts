import {
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
} from '@aws-sdk/client-ecr';
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ROLE, type Stand, startStand } from './stand.ts';

let stand: Stand;
beforeEach(async () => {
  stand = await startStand();
});
afterEach(() => stand.close());

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = (claims: object) => `${part({ alg: 'RS256' })}.${part(claims)}.signature`;

test('ECR: token, repositories, images', async () => {
  const ecr = new ECRClient(stand.config);
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
  expect(Buffer.from(authorizationData?.[0]?.authorizationToken ?? '', 'base64').toString()).toBe(
    'AWS:secret',
  );
  expect(authorizationData?.[0]?.proxyEndpoint).toBe(`http://${stand.registry.host}`);
  expect(authorizationData?.[0]?.expiresAt?.getTime()).toBeGreaterThan(Date.now());
  const describe = (name: string) => ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [name] }));
  await expect(describe('new')).rejects.toMatchObject({ name: 'RepositoryNotFoundException' });
  await ecr.send(new CreateRepositoryCommand({ repositoryName: 'new', imageTagMutability: 'IMMUTABLE' }));
  expect((await describe('new')).repositories?.[0]).toMatchObject({
    repositoryUri: `${stand.registry.host}/new`,
    imageTagMutability: 'IMMUTABLE',
  });
  await expect(ecr.send(new CreateRepositoryCommand({ repositoryName: 'new' }))).rejects.toMatchObject({
    name: 'RepositoryAlreadyExistsException',
  });
  expect((await describe('app')).repositories).toHaveLength(1);
  const digest = stand.registry.image('app', 'v1');
  const { imageDetails } = await ecr.send(
    new DescribeImagesCommand({ repositoryName: 'app', imageIds: [{ imageDigest: digest }] }),
  );
  expect(imageDetails?.[0]).toMatchObject({ imageDigest: digest, imageTags: ['v1'] });
  await expect(
    ecr.send(new DescribeImagesCommand({ repositoryName: 'app', imageIds: [{ imageTag: 'no' }] })),
  ).rejects.toMatchObject({ name: 'ImageNotFoundException' });
  const { images, failures } = await ecr.send(
    new BatchGetImageCommand({ repositoryName: 'app', imageIds: [{ imageTag: 'v1' }, { imageTag: 'no' }] }),
  );
  expect(images?.[0]?.imageId).toEqual({ imageDigest: digest, imageTag: 'v1' });
  expect(failures?.[0]).toMatchObject({ failureCode: 'ImageNotFound' });
  ecr.destroy();
});

test('STS: a role for a token, and who has it', async () => {
  const sts = new STSClient(stand.config);
  expect((await sts.send(new GetCallerIdentityCommand({}))).Account).toBe('000000000000');
  const assume = (webIdentityToken: string) =>
    sts.send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: ROLE,
        RoleSessionName: 'me',
        WebIdentityToken: webIdentityToken,
        DurationSeconds: 900,
      }),
    );
  await expect(assume('no')).rejects.toMatchObject({ name: 'InvalidIdentityTokenException' });
  await expect(assume(token({ aud: 'other' }))).rejects.toThrow('Incorrect token audience');
  const { Credentials: keys } = await assume(
    token({ aud: 'sts.amazonaws.com', sub: 'repo:a/b', exp: Date.now() / 1000 + 60 }),
  );
  expect(keys?.Expiration?.getTime()).toBeGreaterThan(Date.now());
  const credentials = {
    accessKeyId: keys?.AccessKeyId ?? '',
    secretAccessKey: keys?.SecretAccessKey ?? '',
    sessionToken: keys?.SessionToken,
  };
  const me = new STSClient({ ...stand.config, credentials });
  expect((await me.send(new GetCallerIdentityCommand({}))).Arn).toBe(
    'arn:aws:sts::000000000000:assumed-role/app/me',
  );
  sts.destroy();
  me.destroy();
});
