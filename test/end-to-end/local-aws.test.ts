import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateFunctionUrlConfigCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { CONTAINER_LABEL, containerRuntime } from '../../src/local/aws/container.ts';
import { type LocalAws, startLocalAws } from '../../src/local/aws/server.ts';
import { run } from '../../src/local/parts/process.ts';
import { awsCli } from '../support/aws-cli.ts';

/** The app: says its version and what it was asked; dies on /exit; cannot write but in /tmp. */
const APP = `
import { createServer } from 'node:http';
import { writeFileSync } from 'node:fs';
createServer((request, response) => {
  console.log('asked for ' + request.url);
  if (request.url === '/exit') process.exit(1);
  writeFileSync('/tmp/written', 'x');
  let readOnly = false;
  try { writeFileSync('/app/written', 'x'); } catch { readOnly = true; }
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ release: process.env.RELEASE, greeting: process.env.GREETING, url: request.url, readOnly, user: process.getuid() }));
}).listen(8080);
`;
const DOCKERFILE = `
FROM node:24-bookworm-slim
COPY --from=public.ecr.aws/awsguru/aws-lambda-adapter:1.0.0 /lambda-adapter /opt/extensions/lambda-adapter
WORKDIR /app
COPY app.mjs ./
ARG RELEASE
ENV RELEASE=$RELEASE AWS_LWA_READINESS_CHECK_PATH=/health
CMD ["node", "app.mjs"]
`;

/** Another run on the same Engine has containers of its own. */
const NAME = `app-${process.pid}`;
const parts = inject('parts');
let folder: string;
let aws: LocalAws;
let cli: (...args: string[]) => Promise<Record<string, unknown>>;
const docker = (args: string[], env = {}) =>
  run(parts.docker.program, args, { env: { ...parts.docker.env, ...env } });
const image = (release: string) => `${parts.registry.host}/local-aws-test-${process.pid}:${release}`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'local-aws-'));
  const runtime = containerRuntime({ ...parts, stateFolder: folder });
  aws = await startLocalAws({ stateFolder: folder, registry: parts.registry, runtime });
  cli = await awsCli(aws.endpoint, join(import.meta.dirname, '..', '..', '.local'));

  await writeFile(join(folder, 'app.mjs'), APP);
  await writeFile(join(folder, 'Dockerfile'), DOCKERFILE);
  const auth = Buffer.from(`${parts.registry.user}:${parts.registry.password}`).toString('base64');
  const login = await mkdtemp(join(folder, 'login-'));
  await writeFile(join(login, 'config.json'), JSON.stringify({ auths: { [parts.registry.host]: { auth } } }));
  for (const release of ['one', 'two']) {
    const tag = `--tag=${image(release)}`;
    await docker(['build', '--provenance=false', `--build-arg=RELEASE=${release}`, tag, folder]);
    await docker(['push', '--quiet', image(release)], { DOCKER_CONFIG: login });
    await docker(['rmi', image(release)]);
  }
});
afterAll(async () => {
  await aws?.close();
  await rm(folder, { recursive: true, force: true });
});

const payload = (path: string) =>
  Buffer.from(
    JSON.stringify({
      version: '2.0',
      routeKey: '$default',
      rawPath: path,
      rawQueryString: '',
      headers: { host: 'smoke.local' },
      requestContext: { stage: '$default', http: { method: 'GET', path } },
      isBase64Encoded: false,
    }),
  );

test('a deploy by the AWS CLI: create, update, publish, alias, and real containers behind each version', async () => {
  const name = ['--function-name', NAME];
  await cli(
    'lambda',
    'create-function',
    ...name,
    '--role',
    'arn:aws:iam::000000000000:role/app',
    '--package-type',
    'Image',
    '--code',
    `ImageUri=${image('one')}`,
    '--memory-size',
    '256',
    '--environment',
    'Variables={GREETING=hello}',
  );
  await cli('lambda', 'wait', 'function-active-v2', ...name);
  expect(await cli('lambda', 'publish-version', ...name)).toMatchObject({ Version: '1' });
  await cli('lambda', 'wait', 'published-version-active', ...name, '--qualifier', '1');
  await cli('lambda', 'create-alias', ...name, '--name', 'live', '--function-version', '1');
  await cli('lambda', 'update-function-code', ...name, '--image-uri', image('two'));
  await cli('lambda', 'wait', 'function-updated-v2', ...name);
  expect(await cli('lambda', 'publish-version', ...name)).toMatchObject({ Version: '2' });
  await cli('lambda', 'wait', 'published-version-active', ...name, '--qualifier', '2');

  const client = new LambdaClient({
    endpoint: aws.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  const invoke = async (qualifier: string, path: string) => {
    const answer = await client.send(
      new InvokeCommand({
        FunctionName: NAME,
        Qualifier: qualifier,
        Payload: payload(path),
        LogType: 'Tail',
      }),
    );
    return {
      ...answer,
      json: JSON.parse(Buffer.from(answer.Payload ?? []).toString()),
      log: Buffer.from(answer.LogResult ?? '', 'base64').toString(),
    };
  };
  try {
    const cold = await invoke('2', '/hi');
    expect(cold).toMatchObject({ ExecutedVersion: '2', json: { statusCode: 200 } });
    expect(JSON.parse(cold.json.body)).toEqual({
      release: 'two',
      greeting: 'hello',
      url: '/hi',
      readOnly: true,
      user: 993,
    });
    expect(cold.log).toMatch(/REPORT RequestId: .*Memory Size: 256 MB.*Init Duration: [\d.]+ ms/);
    const warm = await invoke('2', '/again');
    expect(warm.log).toMatch(/^START RequestId: .*\nasked for \/again\nEND RequestId: .*\nREPORT /);
    expect(warm.log).not.toContain('Init Duration');
    expect(JSON.parse((await invoke('live', '/')).json.body).release).toBe('one');

    const { FunctionUrl = '' } = await client.send(
      new CreateFunctionUrlConfigCommand({ FunctionName: NAME, Qualifier: 'live', AuthType: 'NONE' }),
    );
    const release = async () =>
      (await (await fetch(`${FunctionUrl}users?a=1`)).json()) as { release: string; url: string };
    expect(await release()).toMatchObject({ release: 'one', url: '/users?a=1' });
    await cli('lambda', 'update-alias', ...name, '--name', 'live', '--function-version', '2');
    expect(await release()).toMatchObject({ release: 'two' });

    const died = await invoke('2', '/exit');
    // The emulator sees the process end, or the adapter the connection: who is first is chance, as on Lambda.
    expect(died.FunctionError).toBe('Unhandled');
    expect(
      died.json.errorType === 'Runtime.ExitError' ||
        /SendRequest|connection closed/.test(died.json.errorMessage),
      JSON.stringify(died.json),
    ).toBe(true);
    // Where the adapter answered first, one more request may find the environment on its way out, and no second one.
    const after = await invoke('2', '/after');
    const wasOnItsWayOut = died.json.errorType !== 'Runtime.ExitError' && after.FunctionError !== undefined;
    expect((wasOnItsWayOut ? await invoke('2', '/after') : after).json.statusCode).toBe(200);
    const logs = await cli(
      'logs',
      'filter-log-events',
      '--log-group-name',
      `/aws/lambda/${NAME}`,
      '--filter-pattern',
      '"asked for /after"',
    );
    expect(logs.events).toHaveLength(1);
  } finally {
    client.destroy();
  }
});

test('a container that was removed behind our back is started anew; none is left at the end', async () => {
  const running = async () =>
    (await docker(['ps', '--quiet', `--filter=label=${CONTAINER_LABEL}.function=${NAME}`]))
      .split('\n')
      .filter(Boolean);
  const before = await running();
  expect(before.length).toBeGreaterThan(0);
  await docker(['rm', '--force', ...before]);
  await writeFile(join(folder, 'in.json'), payload('/x'));
  const response = await cli(
    'lambda',
    'invoke',
    '--function-name',
    `${NAME}:2`,
    '--payload',
    `fileb://${join(folder, 'in.json')}`,
    join(folder, 'out.json'),
  );
  expect(response).toMatchObject({ StatusCode: 200, ExecutedVersion: '2' });
  expect(response).not.toHaveProperty('FunctionError');
  await aws.close();
  expect(await running()).toEqual([]);
});
