import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { describe, expect } from 'vitest';
import { ROLE } from '../local/aws/stand.ts';
import { httpReply, type Scene, scene } from './harness.ts';

const create = (uri: string, more: Record<string, string> = {}): Record<string, string> => ({
  'image-uri': uri,
  'function-name': 'fresh',
  'create-function': ROLE,
  ...more,
});

const configuration = (s: Scene) =>
  s.stand.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: 'fresh' }));

describe('create-function', () => {
  scene('a function that does not exist is created, then deployed to like any other', async (s) => {
    const uri = s.image('a');
    const inputs = create(uri, { alias: 'live', 'function-memory': '1024', 'function-timeout': '1m' });
    const planned = await s.deploy({ ...inputs, 'dry-run': 'true' });
    expect(planned).toMatchObject({ exitCode: 0, outputs: { result: 'planned' } });
    expect(planned.stdout).toContain(`1. create the function from ${uri}`);
    const outcome = await s.deploy(inputs);
    expect(outcome).toMatchObject({ exitCode: 0, error: '', outputs: { result: 'deployed', version: '1' } });
    expect(await configuration(s)).toMatchObject({
      Role: ROLE,
      MemorySize: 1024,
      Timeout: 60,
      Architectures: ['x86_64'],
    });
    const again = await s.deploy({ ...inputs, 'function-memory': '2048' });
    expect(again.outputs.result).toBe('unchanged');
    expect((await configuration(s)).MemorySize).toBe(1024);
  });

  scene('without an alias; a lost answer is read back, a young role waited for', async (s) => {
    let round = 0;
    s.faults.before = (operation) => {
      if (operation !== 'lambda:CreateFunction') return undefined;
      round += 1;
      if (round === 1)
        return {
          status: 400,
          code: 'InvalidParameterValueException',
          message: 'The role defined for the function cannot be assumed by Lambda.',
        };
      return { dropConnection: true, afterCommit: true };
    };
    const outcome = await s.deploy(create(s.image('a')));
    expect(outcome).toMatchObject({ exitCode: 0, outputs: { result: 'deployed', version: '$LATEST' } });
    expect(round).toBe(2);
  });

  scene('one that fails its test stays, without an alias for users', async (s) => {
    s.answers.set('bad', httpReply(404, 'gone'));
    const outcome = await s.deploy(create(s.image('bad'), { alias: 'live' }));
    expect(outcome).toMatchObject({ exitCode: 1, outputs: { version: '' } });
    expect(outcome.stdout).toContain('Function fresh is created; it stays');
    expect(await s.truth('fresh')).not.toHaveProperty('alias');
  });

  scene('without the input the error shows two ways', async (s) => {
    const uri = s.image('a');
    const outcome = await s.deploy({ 'image-uri': uri, 'function-name': 'fresh' });
    expect(outcome).toMatchObject({ exitCode: 1, outputs: { result: 'failed' } });
    expect(outcome.error).toContain('set `create-function`');
    expect(outcome.error).toContain(
      `aws lambda create-function --function-name fresh --package-type Image --code ImageUri=${uri}`,
    );
  });
});
