import {
  CreateAliasCommand,
  CreateFunctionCommand,
  CreateFunctionUrlConfigCommand,
  DeleteFunctionCommand,
  GetAliasCommand,
  GetFunctionCommand,
  InvokeCommand,
  ListFunctionsCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Faults } from '../../../src/local/aws/faults.ts';
import { ImageProblem } from '../../../src/local/aws/runtime.ts';
import { startLocalAws } from '../../../src/local/aws/server.ts';
import { ROLE, type Stand, startStand } from './stand.ts';

let stand: Stand;
let faults: Faults;
let random = 0;

beforeEach(async () => {
  faults = {};
  random = 0.99;
  stand = await startStand({ faults, random: () => random });
  await stand.create('f');
});
afterEach(() => stand.close());

const uri = (tag: string) => `${stand.registry.host}/app:${tag}`;
const update = (tag: string, more = {}) =>
  stand.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'f', ImageUri: uri(tag), ...more }));
const publish = (more = {}) => stand.lambda.send(new PublishVersionCommand({ FunctionName: 'f', ...more }));
const get = (qualifier?: string) =>
  stand.lambda.send(new GetFunctionCommand({ FunctionName: 'f', Qualifier: qualifier }));
const invoke = async (name = 'f', more = {}) => {
  const answer = await stand.lambda.send(
    new InvokeCommand({ FunctionName: name, Payload: Buffer.from('{"a":1}'), ...more }),
  );
  return { ...answer, json: JSON.parse(Buffer.from(answer.Payload ?? []).toString() || 'null') };
};

test('a new function is Active and shows what its image resolved to', async () => {
  const digest = stand.registry.image('app', 'v1');
  const { Configuration: now, Code } = await get();
  expect(now).toMatchObject({
    State: 'Active',
    LastUpdateStatus: 'Successful',
    PackageType: 'Image',
    Version: '$LATEST',
    MemorySize: 128,
    Timeout: 3,
  });
  expect(`sha256:${now?.CodeSha256}`).toBe(digest);
  expect(Code).toEqual({
    RepositoryType: 'ECR',
    ImageUri: uri('v1'),
    ResolvedImageUri: `${stand.registry.host}/app@${digest}`,
  });
  await expect(stand.create('f')).rejects.toMatchObject({ name: 'ResourceConflictException' });
});

test('during an update the old code serves, others are refused, and RevisionId changes twice', async () => {
  const first = await get();
  const digest = stand.registry.image('app', 'v2');
  faults.update = () => ({ ms: 150 });
  const begun = await update('v2', { RevisionId: first.Configuration?.RevisionId });
  expect(begun).toMatchObject({ LastUpdateStatus: 'InProgress', CodeSha256: digest.slice(7) });
  expect((await invoke()).json.digest).toBe(`sha256:${first.Configuration?.CodeSha256}`);
  await expect(update('v1')).rejects.toMatchObject({
    name: 'ResourceConflictException',
    $metadata: { httpStatusCode: 409 },
  });
  await expect(publish()).rejects.toMatchObject({ name: 'ResourceConflictException' });
  await stand.settled('f');
  const last = await get();
  expect(
    new Set([first.Configuration?.RevisionId, begun.RevisionId, last.Configuration?.RevisionId]).size,
  ).toBe(3);
  expect((await invoke()).json.digest).toBe(digest);
  expect(stand.runtime.stopped).toBe(1);
});

test('a failed update tells why, and the old code goes on', async () => {
  const old = (await get()).Configuration?.CodeSha256;
  stand.registry.image('app', 'v2');
  stand.runtime.prepareError = new ImageProblem('ImageAccessDenied', 'no');
  await update('v2');
  await stand.settled('f');
  expect((await get()).Configuration).toMatchObject({
    State: 'Active',
    LastUpdateStatus: 'Failed',
    LastUpdateStatusReasonCode: 'ImageAccessDenied',
    LastUpdateStatusReason: 'no',
  });
  expect((await invoke()).json.digest).toBe(`sha256:${old}`);
});

test('images that Lambda does not take are refused before anything changes', async () => {
  stand.registry.image('app', 'arm', { architecture: 'arm64' });
  stand.registry.image('app', 'index', { index: true });
  stand.registry.image('app', 'zstd', { layerType: 'application/vnd.oci.image.layer.v1.tar+zstd' });
  const before = (await get()).Configuration?.RevisionId;
  await expect(update('none')).rejects.toThrow(
    `Source image ${uri('none')} does not exist. Provide a valid source image.`,
  );
  await expect(update('index')).rejects.toThrow(
    'The image manifest, config or layer media type for the source image',
  );
  await expect(update('zstd')).rejects.toThrow('is not supported');
  await expect(update('arm')).rejects.toMatchObject({
    name: 'InvalidParameterValueException',
    message: expect.stringContaining('arm64'),
  });
  await expect(update('v1', { RevisionId: 'other' })).rejects.toMatchObject({
    name: 'PreconditionFailedException',
    $metadata: { httpStatusCode: 412 },
  });
  await update('v1', { DryRun: true });
  expect((await get()).Configuration?.RevisionId).toBe(before);
});

test('versions are immutable, and nothing is published twice', async () => {
  const before = await get();
  const one = await publish({
    CodeSha256: before.Configuration?.CodeSha256,
    RevisionId: before.Configuration?.RevisionId,
  });
  expect(one).toMatchObject({ Version: '1', State: 'Active', LastUpdateStatus: 'Successful' });
  expect(one.FunctionArn).toMatch(/:function:f:1$/);
  expect((await get()).Configuration?.RevisionId).not.toBe(before.Configuration?.RevisionId);
  expect((await publish()).Version).toBe('1');
  await expect(publish({ CodeSha256: 'no' })).rejects.toThrow(
    'CodeSHA256 (no) is different from current CodeSHA256 in $LATEST',
  );
  await expect(publish({ RevisionId: 'no' })).rejects.toMatchObject({ name: 'PreconditionFailedException' });
  await stand.lambda.send(
    new UpdateFunctionConfigurationCommand({
      FunctionName: 'f',
      MemorySize: 256,
      Environment: { Variables: { A: 'b' } },
    }),
  );
  await stand.settled('f');
  expect((await publish()).Version).toBe('2');
  expect((await get('1')).Configuration).toMatchObject({ MemorySize: 128 });
  expect((await get('2')).Configuration).toMatchObject({
    MemorySize: 256,
    Environment: { Variables: { A: 'b' } },
  });
  const { Versions } = await stand.lambda.send(new ListVersionsByFunctionCommand({ FunctionName: 'f' }));
  expect(Versions?.map(({ Version }) => Version)).toEqual(['$LATEST', '1', '2']);
});

test('weights of an alias choose the version at each invoke', async () => {
  await publish();
  stand.registry.image('app', 'v2');
  await update('v2');
  await stand.settled('f');
  await publish();
  const alias = await stand.lambda.send(
    new CreateAliasCommand({ FunctionName: 'f', Name: 'live', FunctionVersion: '1' }),
  );
  const move = (more: object) =>
    stand.lambda.send(new UpdateAliasCommand({ FunctionName: 'f', Name: 'live', ...more }));
  const split = await move({
    RevisionId: alias.RevisionId,
    RoutingConfig: { AdditionalVersionWeights: { 2: 0.1 } },
  });
  expect(split.RoutingConfig).toEqual({ AdditionalVersionWeights: { 2: 0.1 } });
  random = 0.05;
  expect(await invoke('f:live')).toMatchObject({ ExecutedVersion: '2' });
  random = 0.1;
  expect(await invoke('f', { Qualifier: 'live' })).toMatchObject({ ExecutedVersion: '1' });
  await expect(move({ RevisionId: alias.RevisionId })).rejects.toMatchObject({
    name: 'PreconditionFailedException',
  });
  await expect(move({ FunctionVersion: '2' })).rejects.toThrow(
    'Function version 2 is already included in routing configuration.',
  );
  await expect(move({ RoutingConfig: { AdditionalVersionWeights: { 2: 1.5 } } })).rejects.toMatchObject({
    name: 'ValidationException',
  });
  await expect(move({ FunctionVersion: '9' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  const moved = await move({ FunctionVersion: '2', RoutingConfig: { AdditionalVersionWeights: {} } });
  expect(moved.RoutingConfig).toBeUndefined();
  expect((await get('live')).Configuration).toMatchObject({
    Version: '2',
    FunctionArn: expect.stringMatching(/:f:live$/),
  });
  await expect(stand.lambda.send(new GetAliasCommand({ FunctionName: 'f', Name: 'no' }))).rejects.toThrow(
    'Cannot find alias arn: arn:aws:lambda:us-east-1:000000000000:function:f:no',
  );
  await expect(
    stand.lambda.send(new DeleteFunctionCommand({ FunctionName: 'f', Qualifier: '2' })),
  ).rejects.toMatchObject({ name: 'ResourceConflictException' });
  await stand.lambda.send(new DeleteFunctionCommand({ FunctionName: 'f', Qualifier: '1' }));
});

test('Invoke: log tail, function errors, DryRun, Event, names and ARNs', async () => {
  const tail = await invoke('arn:aws:lambda:us-east-1:000000000000:function:f', { LogType: 'Tail' });
  expect(Buffer.from(tail.LogResult ?? '', 'base64').toString()).toMatch(
    /^START RequestId: [\s\S]*hello\nEND/,
  );
  expect(await invoke('000000000000:function:f')).toMatchObject({
    StatusCode: 200,
    ExecutedVersion: '$LATEST',
    json: { got: { a: 1 } },
  });
  expect((await invoke('f', { InvocationType: 'DryRun' })).StatusCode).toBe(204);
  expect((await invoke('f', { InvocationType: 'Event' })).StatusCode).toBe(202);
  stand.runtime.answer = () => ({
    payload: Buffer.from('{"errorType":"Runtime.ExitError"}'),
    functionError: 'Unhandled',
    spent: true,
  });
  expect(await invoke()).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
  await invoke();
  expect(stand.runtime.started).toHaveLength(2);
  await expect(invoke('f', { Payload: Buffer.from('{') })).rejects.toMatchObject({
    name: 'InvalidRequestContentException',
  });
  await expect(invoke('none')).rejects.toThrow(
    'Function not found: arn:aws:lambda:us-east-1:000000000000:function:none',
  );
  await expect(invoke('f:no')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('what is not Active cannot be invoked; an idle function wakes up', async () => {
  await stand.aws.makeInactive('f');
  await expect(invoke()).rejects.toMatchObject({
    name: 'ResourceConflictException',
    message: expect.stringContaining('Inactive'),
  });
  await stand.settled('f');
  expect((await invoke()).StatusCode).toBe(200);
  faults.update = () => ({ never: true });
  const code = { ImageUri: uri('v1') };
  await stand.lambda.send(
    new CreateFunctionCommand({ FunctionName: 'g', Role: ROLE, PackageType: 'Image', Code: code }),
  );
  await expect(invoke('g')).rejects.toThrow('The function is currently in the following state: Pending');
});

test('faults: throttled, denied, a lost answer after the change', async () => {
  const before = (await get()).Configuration?.RevisionId;
  stand.registry.image('app', 'v2');
  faults.before = (operation) =>
    operation === 'lambda:UpdateFunctionCode'
      ? { status: 429, code: 'TooManyRequestsException', message: 'Rate exceeded' }
      : undefined;
  await expect(update('v2')).rejects.toMatchObject({
    name: 'TooManyRequestsException',
    $metadata: { httpStatusCode: 429 },
  });
  expect((await get()).Configuration?.RevisionId).toBe(before);
  faults.before = (operation) =>
    operation === 'lambda:UpdateFunctionCode' ? { dropConnection: true, afterCommit: true } : undefined;
  await expect(update('v2')).rejects.toThrow();
  expect((await get()).Configuration?.RevisionId).not.toBe(before);
});

test('zip functions exist, do not mix with images, do not run', async () => {
  const zip = Buffer.concat([Buffer.from('PK'), Buffer.alloc(30)]);
  await stand.lambda.send(
    new CreateFunctionCommand({
      FunctionName: 'z',
      Role: ROLE,
      Runtime: 'nodejs24.x',
      Handler: 'i.h',
      Code: { ZipFile: zip },
    }),
  );
  await stand.settled('z');
  await expect(
    stand.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'z', ImageUri: uri('v1') })),
  ).rejects.toThrow("Please don't provide ImageUri when updating a function with packageType Zip.");
  await expect(
    stand.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'f', ZipFile: zip })),
  ).rejects.toThrow('Please provide ImageUri when updating a function with packageType Image.');
  const page = await stand.lambda.send(new ListFunctionsCommand({ MaxItems: 1 }));
  expect(page.Functions?.[0]?.FunctionName).toBe('f');
  const next = await stand.lambda.send(new ListFunctionsCommand({ MaxItems: 1, Marker: page.NextMarker }));
  expect(next).toMatchObject({ Functions: [{ FunctionName: 'z', PackageType: 'Zip' }] });
  expect(next.NextMarker).toBeUndefined();
});

test('a function URL turns HTTP into payload 2.0 and follows its function', async () => {
  const { FunctionUrl = '' } = await stand.lambda.send(
    new CreateFunctionUrlConfigCommand({ FunctionName: 'f', AuthType: 'NONE' }),
  );
  stand.runtime.answer = (_image, _settings, payload) => {
    const event = JSON.parse(payload.toString());
    return {
      payload: Buffer.from(
        JSON.stringify({
          statusCode: 201,
          headers: { 'X-Path': event.rawPath },
          cookies: ['a=b'],
          body: `${event.requestContext.http.method} ${event.rawQueryString} ${event.body}`,
        }),
      ),
    };
  };
  const response = await fetch(`${FunctionUrl}x/%2Fy?q=1&q=2`, {
    method: 'POST',
    body: '{"b":2}',
    headers: { 'content-type': 'application/json' },
  });
  expect([response.status, response.headers.get('x-path'), response.headers.get('set-cookie')]).toEqual([
    201,
    '/x/%2Fy',
    'a=b',
  ]);
  expect(await response.text()).toBe('POST q=1&q=2 {"b":2}');
  stand.runtime.answer = () => ({ payload: Buffer.from('{}'), functionError: 'Unhandled' });
  const failed = await fetch(FunctionUrl);
  expect([failed.status, await failed.text()]).toEqual([502, 'Internal Server Error']);
});

test('all is there again after a restart', async () => {
  await publish();
  await stand.aws.close();
  const again = await startLocalAws({
    stateFolder: stand.folder,
    port: Number(new URL(stand.aws.endpoint).port),
    registry: stand.registry,
    runtime: stand.runtime,
  });
  try {
    expect((await get('1')).Configuration).toMatchObject({ Version: '1', State: 'Active' });
    expect((await invoke('f:1')).ExecutedVersion).toBe('1');
  } finally {
    await again.close();
  }
});

test('a request without a signature is refused', async () => {
  const response = await fetch(`${stand.aws.endpoint}/2015-03-31/functions`);
  expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([
    403,
    'MissingAuthenticationTokenException',
  ]);
});
