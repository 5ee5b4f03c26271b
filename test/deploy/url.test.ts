import {
  CreateFunctionUrlConfigCommand,
  type InvokeMode,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { describe, expect } from 'vitest';
import { startHttpServer } from '../support/http-server.ts';
import { liveAt, type Scene, scene } from './harness.ts';

const deploy = (uri: string, more: Record<string, string>): Record<string, string> => ({
  'image-uri': uri,
  'function-name': 'app',
  alias: 'live',
  ...more,
});

async function urlOf(
  s: Scene,
  AuthType: 'NONE' | 'AWS_IAM',
  InvokeMode: InvokeMode = 'BUFFERED',
): Promise<string> {
  const { FunctionUrl } = await s.stand.lambda.send(
    new CreateFunctionUrlConfigCommand({ FunctionName: 'app', Qualifier: 'live', AuthType, InvokeMode }),
  );
  return FunctionUrl ?? '';
}

describe('smoke-url', () => {
  scene('auto: the function URL of the alias, signed where it wants that', async (s) => {
    await liveAt(s, 'good');
    const url = await urlOf(s, 'AWS_IAM');
    const outcome = await s.deploy(
      deploy(s.image('next'), { 'smoke-url': 'auto', 'smoke-path': '/health?deep=1' }),
    );
    expect(outcome).toMatchObject({ exitCode: 0, outputs: { result: 'deployed' } });
    const entry = outcome.record?.deploy?.[0];
    expect(entry?.url).toBe(url);
    expect(entry?.smoke.map(({ qualifier, status }) => [qualifier, status])).toEqual([
      ['2', 200],
      ['live', 200],
      [new URL(url).host, 200],
    ]);
    const again = await s.deploy(deploy(s.image('next'), { 'smoke-url': 'auto' }));
    expect(again.outputs.result).toBe('unchanged');
    expect(again.record?.deploy?.[0]?.smoke).toHaveLength(2);
  });

  scene('auto without a URL says so', async (s) => {
    const outcome = await s.deploy(deploy(s.image('a'), { 'smoke-url': 'auto' }));
    expect(outcome).toMatchObject({ exitCode: 0, outputs: { result: 'deployed' } });
    expect(outcome.stdout).toContain('app has no function URL there: `smoke-url: auto` tests none.');
    expect(outcome.record?.deploy?.[0]).not.toHaveProperty('url');
  });

  scene('a URL that answers otherwise than the function takes the alias back', async (s) => {
    await liveAt(s, 'good');
    const asked: string[] = [];
    const server = await startHttpServer();
    server.answer = (response, request) => {
      asked.push(`${request.url} ${request.headers.authorization ?? 'unsigned'}`);
      response.writeHead(302, { location: '/login' }).end('moved');
    };
    try {
      const url = `${server.url}/v1/`;
      const outcome = await s.deploy(deploy(s.image('next'), { 'smoke-url': url }));
      expect(outcome).toMatchObject({ exitCode: 1, outputs: { result: 'rolled-back', version: '1' } });
      expect(outcome.error).toContain('failed its smoke test GET /health: status 302 instead of 200');
      expect(outcome.error).toContain('passed its test by Invoke');
      expect(asked).toEqual(['/v1/health unsigned']);
      expect(await s.truth()).toMatchObject({ alias: '1' });
    } finally {
      await server.close();
    }
  });

  scene('the URL of a function whose role may not be asked for it is only not shown', async (s) => {
    s.faults.before = (operation) =>
      operation === 'lambda:GetFunctionUrlConfig'
        ? { status: 403, code: 'AccessDeniedException', message: 'not authorized' }
        : undefined;
    expect((await s.deploy(deploy(s.image('a'), {}))).outputs.result).toBe('deployed');
    const wanted = await s.deploy(deploy(s.image('b'), { 'smoke-url': 'auto' }));
    expect(wanted).toMatchObject({ exitCode: 1, outputs: { result: 'failed' } });
    expect(wanted.error).toContain('lambda:GetFunctionUrlConfig');
  });
});

const streamed = (body: string): Buffer =>
  Buffer.from(`{"statusCode":200,"headers":{"content-type":"text/plain"}}${'\0'.repeat(8)}${body}`);

describe('a function URL whose mode is not that of the app', () => {
  scene('streams, while the app answers as a whole', async (s) => {
    await liveAt(s, 'good');
    await urlOf(s, 'NONE', 'RESPONSE_STREAM');
    const outcome = await s.deploy(deploy(s.image('next'), { 'smoke-url': 'auto' }));
    expect(outcome).toMatchObject({ exitCode: 1, outputs: { result: 'rolled-back', version: '1' } });
    const entry = outcome.record?.deploy?.[0];
    expect(entry?.diagnosis?.cause).toBe('buffered-mode');
    expect(entry?.smoke.map(({ ok }) => ok)).toEqual([true, true, false]);
    expect(outcome.error).toContain('the app answers as a whole');
  });

  scene('buffers, while the app streams', async (s) => {
    await s.stand.lambda.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: 'app',
        Environment: { Variables: { AWS_LWA_INVOKE_MODE: 'response_stream' } },
      }),
    );
    await s.stand.settled('app');
    await liveAt(s, 'good');
    await urlOf(s, 'AWS_IAM', 'BUFFERED');
    s.answers.set('streams', { payload: streamed('ok') });
    const outcome = await s.deploy(deploy(s.image('streams'), { 'smoke-url': 'auto' }));
    expect(outcome).toMatchObject({ exitCode: 1, outputs: { result: 'rolled-back', version: '1' } });
    expect(outcome.record?.deploy?.[0]?.diagnosis?.cause).toBe('streaming-mode');
    expect(outcome.error).toContain('AWS_LWA_INVOKE_MODE');
  });

  scene('streams as the app does', async (s) => {
    await liveAt(s, 'good');
    await urlOf(s, 'NONE', 'RESPONSE_STREAM');
    s.answers.set('streams', { payload: streamed('all is well') });
    const outcome = await s.deploy(
      deploy(s.image('streams'), { 'smoke-url': 'auto', 'smoke-body': '/^all is well$/' }),
    );
    expect(outcome).toMatchObject({ exitCode: 0, outputs: { result: 'deployed' } });
    expect(outcome.record?.deploy?.[0]?.smoke).toHaveLength(3);
  });
});

describe('what the log of a call says', () => {
  scene('a streamed answer, and the figures of the REPORT line', async (s) => {
    s.answers.set('streams', {
      payload: streamed('all is well'),
      log: `START RequestId: 1\nREPORT RequestId: 1\tDuration: 12.50 ms\tBilled Duration: 400 ms\tMemory Size: 512 MB\tMax Memory Used: 87 MB\tInit Duration: 387.10 ms\n`,
    });
    const outcome = await s.deploy(deploy(s.image('streams'), { 'smoke-body': 'all is well' }));
    expect(outcome.record?.deploy?.[0]).toMatchObject({
      result: 'deployed',
      initMs: 387.1,
      durationMs: 12.5,
      memoryMb: 512,
      maxMemoryMb: 87,
    });
  });
});
