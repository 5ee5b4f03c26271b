import { GetFunctionCommand } from '@aws-sdk/client-lambda';
import { describe, expect } from 'vitest';
import { httpReply, type Scene, scene } from './harness.ts';

const all = (uri: string): Record<string, string> => ({
  'image-uri': uri,
  'function-name': 'app\nweb\njobs',
  alias: 'live',
  'rollback-all': 'true',
});

async function threeFunctions(s: Scene): Promise<void> {
  await s.stand.create('web');
  await s.stand.create('jobs');
  await s.deploy(all(s.image('good')));
  s.requests.length = 0;
}

/** Answers of one function alone; the tag is that of the image. */
function ill(s: Scene, name: string): void {
  const healthy = s.stand.runtime.answer;
  s.stand.runtime.answer = (image, settings, payload) =>
    settings.functionName === name ? httpReply(404, 'gone') : healthy(image, settings, payload);
}

async function latest(s: Scene, name: string): Promise<string | undefined> {
  return (await s.stand.lambda.send(new GetFunctionCommand({ FunctionName: name }))).Code?.ResolvedImageUri;
}

describe('several functions', () => {
  scene('rollback-all: all of them', async (s) => {
    await threeFunctions(s);
    const outcome = await s.deploy(all(s.image('next')));
    expect(outcome).toMatchObject({ exitCode: 0, outputs: { result: 'deployed', version: '2\n2\n2' } });
    expect(JSON.parse(outcome.state.STATE_restore ?? '')).toEqual([]);
  });

  scene('rollback-all: or none, and no alias moves before every version is tested', async (s) => {
    await threeFunctions(s);
    ill(s, 'jobs');
    const outcome = await s.deploy(all(s.image('next')));
    expect(outcome).toMatchObject({ exitCode: 1, outputs: { version: '1\n1\n1' } });
    expect(outcome.error).toContain('3 of 3 functions were not deployed to');
    expect(outcome.error).toContain('It went wrong with jobs, and `rollback-all` is true');
    expect(outcome.record?.deploy?.map(({ result }) => result)).toEqual([
      'rolled-back',
      'rolled-back',
      'rolled-back',
    ]);
    expect(s.requests).not.toContain('lambda:UpdateAlias');
    for (const name of ['app', 'web', 'jobs']) expect(await latest(s, name)).toBe(s.image('good'));
  });

  scene('rollback-all: aliases that have moved go back', async (s) => {
    await threeFunctions(s);
    s.faults.before = (operation, { functionName }) =>
      operation === 'lambda:UpdateAlias' && functionName === 'web'
        ? { status: 403, code: 'AccessDeniedException', message: 'no' }
        : undefined;
    const outcome = await s.deploy(all(s.image('next')));
    expect(outcome).toMatchObject({ exitCode: 1, outputs: { version: '1\n1\n1' } });
    expect(outcome.record?.deploy?.every(({ result }) => result === 'rolled-back')).toBe(true);
    for (const name of ['app', 'web', 'jobs']) expect(await latest(s, name)).toBe(s.image('good'));
  });

  scene('rollback-all: one that cannot be deployed to stops all before any change', async (s) => {
    await threeFunctions(s);
    const outcome = await s.deploy({ ...all(s.image('next')), 'function-name': 'app\nnowhere' });
    expect(outcome.record?.deploy?.map(({ result }) => result)).toEqual(['failed', 'failed']);
    expect(s.requests.filter((name) => /Update|Publish|Create|Invoke/.test(name))).toEqual([]);
  });

  scene('without it only the one that fails goes back', async (s) => {
    await threeFunctions(s);
    ill(s, 'jobs');
    const outcome = await s.deploy({ ...all(s.image('next')), 'rollback-all': 'false' });
    expect(outcome).toMatchObject({ exitCode: 1, outputs: { result: 'rolled-back', version: '2\n2\n1' } });
    expect(outcome.stdout).toContain('[web] Alias live serves version 2.');
  });
});
