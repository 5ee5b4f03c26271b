import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { functionArchitecture } from '../../src/aws/architecture.ts';
import { type Ecr, openEcr } from '../../src/aws/ecr.ts';
import { DeployError, describeError } from '../../src/errors.ts';
import type { Log } from '../../src/github/log.ts';
import { answerJson, type HttpServer, startHttpServer } from '../support/http-server.ts';

const config = {
  region: 'eu-central-1',
  credentials: { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' },
};
const login = {
  authorizationData: [
    {
      authorizationToken: Buffer.from('AWS:pass:word').toString('base64'),
      proxyEndpoint: 'https://123456789012.dkr.ecr.eu-central-1.amazonaws.com',
    },
  ],
};
let server: HttpServer;
let ecr: Ecr;

beforeEach(async () => {
  server = await startHttpServer();
  vi.stubEnv('AWS_ENDPOINT_URL', server.url);
  // Keeps our `::add-mask::` lines out of the test's own output.
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  ecr = openEcr(config, 100);
});
afterEach(async () => {
  ecr.close();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await server.close();
});

/** Answers with an error of AWS, the first so many times. */
function fail(status: number, code: string, message = 'no', times = Number.POSITIVE_INFINITY): void {
  server.answer = (response) =>
    server.requests.length <= times
      ? answerJson(response, status, { __type: code, message })
      : answerJson(response, 200, login);
}

async function failure(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => new Error('it did not fail'),
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(DeployError);
  return describeError(error);
}

describe('sign-in', () => {
  it('takes user and password apart at the first colon', async () => {
    server.answer = (response) => answerJson(response, 200, login);
    expect(await ecr.signIn()).toEqual({
      host: '123456789012.dkr.ecr.eu-central-1.amazonaws.com',
      username: 'AWS',
      password: 'pass:word',
    });
  });

  it.each([
    ['throttled', 400, 'ThrottlingException'],
    ['a fault of ECR', 500, 'ServerException'],
  ])('is tried again where it was %s', async (_, status, code) => {
    fail(status, code, 'wait', 2);
    expect((await ecr.signIn()).username).toBe('AWS');
    expect(server.requests).toHaveLength(3);
  });

  it('is tried again where the connection broke', async () => {
    server.answer = (response, request) =>
      server.requests.length === 1 ? request.socket.destroy() : answerJson(response, 200, login);
    expect((await ecr.signIn()).username).toBe('AWS');
  });

  it.each([
    [400, 'ThrottlingException', 'Rate exceeded', 'Cannot sign in at ECR: Rate exceeded. Run the job again.'],
    [503, 'ServiceUnavailable', 'Down.', 'Cannot sign in at ECR: Down. Run the job again.'],
    [
      400,
      'AccessDeniedException',
      'User: arn:x is not authorized',
      'Cannot sign in at ECR: User: arn:x is not authorized. Allow the role ecr:GetAuthorizationToken on `*`.',
    ],
    [
      400,
      'ExpiredTokenException',
      'The security token is expired',
      'Cannot sign in at ECR: The security token is expired. Renew the AWS credentials of this job.',
    ],
    [400, 'InvalidParameterException', 'Bad input', 'Cannot sign in at ECR: Bad input.'],
  ])('%i %s says what to do', async (status, code, message, expected) => {
    fail(status, code, message);
    expect(await failure(ecr.signIn())).toBe(expected);
  });

  it('does not wait for ever for a server that says nothing', async () => {
    server.answer = () => {};
    expect(await failure(ecr.signIn())).toBe(
      'Cannot sign in at ECR: no answer in time. Check `aws-region` and that this machine may connect to AWS.',
    );
    expect(server.requests).toHaveLength(3);
  });

  it('says that nobody listens, with the reason', async () => {
    const { url } = server;
    await server.close();
    vi.stubEnv('AWS_ENDPOINT_URL', url.replace('127.0.0.1', 'localhost'));
    const closed = openEcr(config, 100);
    expect(await failure(closed.signIn())).toMatch(
      /^Cannot sign in at ECR: .*ECONNREFUSED.*\. Check `aws-region`/,
    );
    closed.close();
  });

  it('refuses an answer without a login', async () => {
    server.answer = (response) => answerJson(response, 200, { authorizationData: [] });
    expect(await failure(ecr.signIn())).toBe("ECR's answer to GetAuthorizationToken holds no login.");
  });

  it("prefers the service's own endpoint variable", async () => {
    const own = await startHttpServer();
    own.answer = (response) => answerJson(response, 200, login);
    vi.stubEnv('AWS_ENDPOINT_URL_ECR', own.url);
    const client = openEcr(config, 100);
    await client.signIn();
    expect([own.requests.length, server.requests.length]).toEqual([1, 0]);
    client.close();
    await own.close();
  });
});

describe('repository', () => {
  it('is there, is not there, or cannot be known', async () => {
    server.answer = (response) => answerJson(response, 200, { repositories: [{}] });
    expect(await ecr.hasRepository('app')).toBe(true);
    fail(400, 'RepositoryNotFoundException');
    expect(await ecr.hasRepository('app')).toBe(false);
    fail(400, 'AccessDeniedException');
    expect(await ecr.hasRepository('app')).toBe('unknown');
  });

  it('is looked for in the account of its registry', async () => {
    const bodies: unknown[] = [];
    server.answer = async (response, request) => {
      bodies.push(JSON.parse(Buffer.concat(await request.toArray()).toString('utf8')));
      answerJson(response, 200, {});
    };
    await ecr.hasRepository('app', '123456789012');
    await ecr.createRepository('app');
    expect(bodies).toEqual([
      { repositoryNames: ['app'], registryId: '123456789012' },
      { repositoryName: 'app', imageScanningConfiguration: { scanOnPush: true } },
    ]);
  });

  it('that another run has just made is fine; any other refusal says what to allow', async () => {
    fail(400, 'RepositoryAlreadyExistsException');
    await ecr.createRepository('app');
    fail(400, 'AccessDeniedException', 'not authorized');
    expect(await failure(ecr.createRepository('app'))).toBe(
      'Cannot create ECR repository app: not authorized. Allow the role ecr:CreateRepository.',
    );
  });
});

describe('architecture of the function', () => {
  let warnings: string[];
  const ask = async () => {
    warnings = [];
    const log: Pick<Log, 'warning'> = { warning: (line) => void warnings.push(line) };
    return await functionArchitecture(config, 'app', log, 100);
  };

  it.each([
    [{ Architectures: ['arm64'] }, 'linux/arm64'],
    [{ Architectures: ['x86_64'] }, 'linux/amd64'],
    [{}, 'linux/amd64'],
  ])('of %j is %s', async (answer, platform) => {
    server.answer = (response) => answerJson(response, 200, answer);
    expect(await ask()).toBe(platform);
    expect(warnings).toEqual([]);
  });

  it('is read at the second try where Lambda throttles', async () => {
    server.answer = (response) =>
      server.requests.length === 1
        ? answerJson(response, 429, { Type: 'User', Reason: 'CallerRateLimitExceeded' })
        : answerJson(response, 200, { Architectures: ['arm64'] });
    expect(await ask()).toBe('linux/arm64');
  });

  it.each([
    ['is not there', 404, 'ResourceNotFoundException', 'Function not found: app'],
    ['may not be read', 403, 'AccessDeniedException', 'not authorized'],
  ])('is unknown with one warning where it %s', async (_, status, code, message) => {
    server.answer = (response) => {
      response.setHeader('x-amzn-errortype', code);
      answerJson(response, status, { Message: message });
    };
    expect(await ask()).toBeUndefined();
    expect(warnings).toEqual([`Cannot read the architecture of app (${message}); building for linux/amd64.`]);
  });

  it('is unknown where nobody answers', async () => {
    server.answer = () => {};
    expect(await ask()).toBeUndefined();
    expect(warnings).toEqual([
      'Cannot read the architecture of app (no answer in time); building for linux/amd64.',
    ]);
  });
});
