import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Budget } from '../../src/aws/budget.ts';
import { type LambdaApi, lambdaApi } from '../../src/aws/lambda.ts';
import type { Fault, Faults } from '../../src/local/aws/faults.ts';
import { type Stand, startStand } from '../local/aws/stand.ts';
import { type HttpServer, startHttpServer } from '../support/http-server.ts';

const config = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local', sessionToken: 'local' },
};
const seconds = (count: number) => new Budget(count * 1000);

describe('against the local AWS', () => {
  let stand: Stand;
  let faults: Faults;
  let api: LambdaApi;
  /** Operations since `broken`. */
  let requests: string[];

  beforeEach(async () => {
    faults = {};
    requests = [];
    stand = await startStand({ faults });
    await stand.create('app');
    vi.stubEnv('AWS_ENDPOINT_URL', stand.aws.endpoint);
    api = lambdaApi(config);
  });
  afterEach(async () => {
    faults.before = () => undefined;
    await stand.settled('app');
    api.close();
    vi.unstubAllEnvs();
    await stand.close();
  });

  /** Breaks the first so many requests. */
  function broken(fault: Fault, times = Number.POSITIVE_INFINITY): void {
    faults.before = (operation) => {
      requests.push(operation);
      return requests.length <= times ? fault : undefined;
    };
  }
  const throttle: Fault = { status: 429, code: 'TooManyRequestsException', message: 'Rate Exceeded.' };
  const image = (tag: string) => `${stand.registry.host}/app@${stand.registry.image('app', tag)}`;

  it('shows a function with its image by digest, and none where there is none', async () => {
    const digest = stand.registry.image('app', 'v1');
    expect(await api.getFunction('app', seconds(5))).toMatchObject({
      arn: 'arn:aws:lambda:us-east-1:000000000000:function:app',
      version: '$LATEST',
      packageType: 'Image',
      architecture: 'amd64',
      digest,
      imageUri: `${stand.registry.host}/app@${digest}`,
      state: 'Active',
      lastUpdateStatus: 'Successful',
    });
    expect(await api.getFunction('other', seconds(5))).toBeUndefined();
    expect(await api.getFunction('app', seconds(5), '7')).toBeUndefined();
    expect(await api.getAlias('app', 'live', seconds(5))).toBeUndefined();
  });

  it.each<[string, Fault]>([
    ['throttled', throttle],
    ['a fault of Lambda', { status: 500, code: 'ServiceException', message: 'Internal' }],
    ['cut off', { dropConnection: true }],
  ])('a read that is %s is sent again', async (_, fault) => {
    broken(fault, 2);
    expect(await api.getFunction('app', seconds(10))).toMatchObject({ name: 'app' });
    expect(requests).toEqual(Array(3).fill('lambda:GetFunction'));
  });

  it('a read that is never answered is given up after five times', async () => {
    broken({ dropConnection: true });
    await expect(api.getAlias('app', 'live', seconds(60))).rejects.toMatchObject({
      name: 'ApiError',
      kind: 'lost',
      operation: 'lambda:GetAlias',
      status: 0,
    });
    expect(requests).toHaveLength(5);
  });

  it('a read that is throttled for ever ends with its budget', async () => {
    broken(throttle);
    const budget = new Budget(400);
    budget.waitingFor = 'app to answer';
    await expect(api.getFunction('app', budget)).rejects.toThrow('not done within 0.4 s: app to answer');
    expect(requests.length).toBeGreaterThan(1);
  });

  it('a read that is refused is sent once', async () => {
    broken({ status: 403, code: 'AccessDeniedException', message: 'not authorized' });
    await expect(api.getFunction('app', seconds(5))).rejects.toMatchObject({ kind: 'denied', status: 403 });
    expect(requests).toHaveLength(1);
  });

  it.each<[string, Fault, string]>([
    ['throttled', throttle, 'throttled'],
    ['a fault of Lambda', { status: 500, code: 'ServiceException', message: 'Internal' }, 'lost'],
    ['cut off', { dropConnection: true }, 'lost'],
    ['refused as busy', { status: 409, code: 'ResourceConflictException', message: 'busy' }, 'busy'],
    ['refused as stale', { status: 412, code: 'PreconditionFailedException', message: 'stale' }, 'stale'],
  ])('a change that is %s is sent once, and not made', async (_, fault, kind) => {
    const before = (await api.getFunction('app', seconds(5)))?.digest;
    broken(fault);
    await expect(api.updateCode('app', image('v2'), '', seconds(5))).rejects.toMatchObject({ kind });
    expect(requests).toEqual(['lambda:UpdateFunctionCode']);
    faults.before = () => undefined;
    expect((await api.getFunction('app', seconds(5)))?.digest).toBe(before);
  });

  it('a change whose answer is lost is sent once, and shows at the next read', async () => {
    const uri = image('v2');
    broken({ dropConnection: true, afterCommit: true });
    await expect(api.updateCode('app', uri, '', seconds(5))).rejects.toMatchObject({ kind: 'lost' });
    expect(requests).toEqual(['lambda:UpdateFunctionCode']);
    faults.before = () => undefined;
    await stand.settled('app');
    expect((await api.getFunction('app', seconds(5)))?.imageUri).toBe(uri);
  });

  it('a change waits for its answer no longer than its budget, and none is sent without budget', async () => {
    broken({ delayMs: 2_000 });
    await expect(api.updateCode('app', image('v2'), '', new Budget(200))).rejects.toMatchObject({
      kind: 'lost',
      code: 'TimeoutError',
    });
    expect(requests).toHaveLength(1);
    await expect(api.updateCode('app', image('v3'), '', new Budget(0))).rejects.toMatchObject({
      name: 'OutOfTime',
    });
    expect(requests).toHaveLength(1);
  });

  it('a change on an old revision is stale, and so is a version of other code', async () => {
    const old = (await api.getFunction('app', seconds(5)))?.revisionId ?? '';
    await api.updateCode('app', image('v2'), old, seconds(5));
    await stand.settled('app');
    await expect(api.updateCode('app', image('v3'), old, seconds(5))).rejects.toMatchObject({
      kind: 'stale',
    });
    await expect(api.publishVersion('app', 'f'.repeat(64), '', seconds(5))).rejects.toMatchObject({
      kind: 'stale',
    });
  });

  it('an alias is made, moved with weights, and moved back without them', async () => {
    const one = await api.publishVersion('app', '', '', seconds(5));
    await api.updateCode('app', image('v2'), '', seconds(5));
    await stand.settled('app');
    const two = await api.publishVersion('app', '', '', seconds(5));
    await api.createAlias('app', 'live', one, seconds(5));
    const read = async () => await api.getAlias('app', 'live', seconds(5));
    const revisionId = (await read())?.revisionId ?? '';
    await api.updateAlias('app', 'live', { version: one, weights: { [two]: 0.1 }, revisionId }, seconds(5));
    expect(await read()).toMatchObject({ version: one, weights: { [two]: 0.1 } });
    const stale = { version: two, weights: {}, revisionId };
    await expect(api.updateAlias('app', 'live', stale, seconds(5))).rejects.toMatchObject({ kind: 'stale' });
    await api.updateAlias('app', 'live', { version: two, weights: {}, revisionId: '' }, seconds(5));
    expect(await read()).toMatchObject({ version: two, weights: {} });
    await api.deleteAlias('app', 'live', seconds(5));
    expect(await read()).toBeUndefined();
  });

  it('an invoke gives the answer, the version that ran and the end of the log', async () => {
    const version = await api.publishVersion('app', '', '', seconds(5));
    const answer = await api.invoke('app', version, '{"a":1}', seconds(5));
    expect(answer).toMatchObject({ functionError: '', executedVersion: version });
    expect(JSON.parse(answer.payload)).toMatchObject({ version, got: { a: 1 } });
    expect(answer.logTail).toContain('hello');
    broken({ delayMs: 2_000 });
    await expect(api.invoke('app', version, '{}', new Budget(100))).rejects.toMatchObject({ kind: 'lost' });
  });
});

describe('against a server that is not Lambda', () => {
  let server: HttpServer;
  let api: LambdaApi;
  beforeEach(async () => {
    server = await startHttpServer();
    vi.stubEnv('AWS_ENDPOINT_URL', server.url);
    api = lambdaApi(config);
  });
  afterEach(async () => {
    api.close();
    vi.unstubAllEnvs();
    await server.close();
  });
  const update = async () => await api.updateCode('app', 'r/app@sha256:0', '', seconds(5));

  it.each<[string, number, string, string]>([
    ['a page of a proxy that is down', 502, '<html>Bad Gateway</html>', 'lost'],
    ['a page of a proxy that refuses', 403, '<html>Forbidden</html>', 'denied'],
    ['half an answer', 200, '{"RevisionId": "1', 'lost'],
  ])('%s to a change', async (_, status, body, kind) => {
    server.answer = (response) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    await expect(update()).rejects.toMatchObject({ name: 'ApiError', kind });
    expect(server.requests).toHaveLength(1);
  });

  it('an answer that is cut off in the middle leaves open whether the change was made', async () => {
    server.answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"RevisionId":', () => response.destroy());
    };
    await expect(update()).rejects.toMatchObject({ kind: 'lost' });
    expect(server.requests).toHaveLength(1);
  });

  it('is not asked where Lambda has an endpoint variable of its own', async () => {
    const own = await startHttpServer();
    own.answer = (response) => void response.end('{"RevisionId": "1"}');
    vi.stubEnv('AWS_ENDPOINT_URL_LAMBDA', own.url);
    const client = lambdaApi(config);
    expect(await client.updateCode('app', 'r/app@sha256:0', '', seconds(5))).toBe('1');
    expect([own.requests.length, server.requests.length]).toEqual([1, 0]);
    client.close();
    await own.close();
  });
});
