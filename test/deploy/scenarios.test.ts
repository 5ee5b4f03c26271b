import { setTimeout as sleep } from 'node:timers/promises';
import { CreateFunctionCommand } from '@aws-sdk/client-lambda';
import { describe, expect } from 'vitest';
import { ROLE } from '../local/aws/stand.ts';
import { httpReply, liveAt, scene } from './harness.ts';

describe('with an alias', () => {
  scene('the first deploy creates it, the second moves it, the third has nothing to do', async (s) => {
    const first = await s.deploy({ 'image-uri': s.image('a'), 'function-name': 'app', alias: 'live' });
    expect(first).toMatchObject({
      exitCode: 0,
      outputs: { result: 'deployed', version: '1', 'previous-version': '' },
    });
    const uri = s.image('b');
    const second = await s.deploy({ 'image-uri': uri, 'function-name': 'app', alias: 'live' });
    expect(second.outputs).toMatchObject({
      result: 'deployed',
      version: '2',
      'previous-version': '1',
      'image-uri': uri,
      digest: uri.split('@')[1],
      'function-arn': 'arn:aws:lambda:us-east-1:000000000000:function:app',
    });
    expect(second.record?.deploy?.[0]).toMatchObject({
      result: 'deployed',
      initMs: 123.45,
      smoke: [{ ok: true }, { ok: true }],
    });
    s.requests.length = 0;
    const third = await s.deploy({ 'image-uri': uri, 'function-name': 'app', alias: 'live' });
    expect(third).toMatchObject({ exitCode: 0, outputs: { result: 'unchanged', version: '2' } });
    expect(s.requests.filter((name) => /Update|Publish|Invoke/.test(name))).toEqual(['lambda:Invoke']);
    expect(await s.truth()).toMatchObject({ latest: uri, versions: ['1', '2'], alias: '2' });
    expect(JSON.parse(second.state.STATE_restore ?? '')).toEqual([]);
  });

  scene('an unhealthy version never gets the alias, and $LATEST goes back', async (s) => {
    await liveAt(s, 'good');
    const before = (await s.truth()).latest;
    s.answers.set('bad', httpReply(500, 'broken', 'Error: DB_URL is not set\n::warning::hostile'));
    const outcome = await s.deploy({ 'image-uri': s.image('bad'), 'function-name': 'app', alias: 'live' });
    expect(outcome).toMatchObject({
      exitCode: 1,
      outputs: { result: 'rolled-back', version: '1', 'previous-version': '1' },
    });
    expect(outcome.error).toContain('version 2 failed its smoke test GET /health: status 500 instead of 200');
    expect(outcome.error).toContain('The app wants the environment variable DB_URL, which is not set.');
    expect(outcome.record?.deploy?.[0]?.diagnosis).toMatchObject({ cause: 'environment-variable-missing' });
    expect(outcome.error).toContain('alias live serves version 1, as before');
    expect(outcome.stdout).not.toMatch(/^\s*::warning::hostile/m);
    expect(s.requests).not.toContain('lambda:UpdateAlias');
    expect(s.requests.filter((name) => name === 'lambda:Invoke')).toHaveLength(3);
    expect(await s.truth()).toMatchObject({ latest: before, alias: '1' });
  });

  scene('leftover weights are cleared', async (s) => {
    await liveAt(s, 'good');
    await s.other.update(s.image('next'));
    const uri = s.image('good');
    await s.other.alias('1', { [await s.other.publish()]: 0.1 });
    const outcome = await s.deploy({ 'image-uri': uri, 'function-name': 'app', alias: 'live' });
    expect(outcome.outputs.result).toBe('deployed');
    expect(await s.truth()).not.toHaveProperty('weights');
  });

  scene('an alias at $LATEST is refused', async (s) => {
    await s.other.alias('$LATEST');
    const outcome = await s.deploy({ 'image-uri': s.image('a'), 'function-name': 'app', alias: 'live' });
    expect(outcome).toMatchObject({ exitCode: 1, outputs: { result: 'failed' } });
    expect(outcome.error).toContain('points at $LATEST');
  });

  scene('a lost answer of UpdateFunctionCode and of UpdateAlias is read back', async (s) => {
    await liveAt(s, 'good');
    const lost = new Set(['lambda:UpdateFunctionCode', 'lambda:UpdateAlias', 'lambda:PublishVersion']);
    s.faults.before = (operation) =>
      lost.delete(operation) ? { dropConnection: true, afterCommit: true } : undefined;
    const outcome = await s.deploy({ 'image-uri': s.image('b'), 'function-name': 'app', alias: 'live' });
    expect(outcome.outputs).toMatchObject({ result: 'deployed', version: '2' });
    expect(await s.truth()).toMatchObject({ versions: ['1', '2'], alias: '2' });
    expect(s.requests.filter((name) => name === 'lambda:UpdateFunctionCode')).toHaveLength(1);
    expect(s.requests.filter((name) => name === 'lambda:UpdateAlias')).toHaveLength(1);
  });

  scene("somebody else's deploy meanwhile is left alone", async (s) => {
    await liveAt(s, 'good');
    const theirs = s.image('theirs');
    let done = false;
    s.faults.before = async (operation) => {
      if (operation === 'lambda:PublishVersion' && !done) {
        done = true;
        await s.other.update(theirs);
      }
      return undefined;
    };
    const outcome = await s.deploy({ 'image-uri': s.image('ours'), 'function-name': 'app', alias: 'live' });
    expect(outcome).toMatchObject({ exitCode: 1, outputs: { result: 'failed', version: '1' } });
    expect(outcome.error).toContain('somebody else deployed');
    expect(await s.truth()).toMatchObject({ latest: theirs, alias: '1' });
  });

  scene('throttled calls and an update in progress are waited for', async (s) => {
    let left = 3;
    s.faults.before = (operation) =>
      operation === 'lambda:UpdateFunctionCode' && left-- > 0
        ? left === 0
          ? { status: 409, code: 'ResourceConflictException', message: 'An update is in progress' }
          : { status: 429, code: 'TooManyRequestsException', message: 'Rate exceeded' }
        : undefined;
    const outcome = await s.deploy({ 'image-uri': s.image('b'), 'function-name': 'app', alias: 'live' });
    expect(outcome.outputs).toMatchObject({ result: 'deployed', version: '1' });
  });

  scene('a failed smoke test of the alias moves it back', async (s) => {
    await liveAt(s, 'good');
    s.answers.set('flaky', httpReply(200, 'ok'));
    s.faults.before = (operation) => {
      if (operation === 'lambda:UpdateAlias') s.answers.set('flaky', httpReply(404, 'gone'));
      return undefined;
    };
    const outcome = await s.deploy({ 'image-uri': s.image('flaky'), 'function-name': 'app', alias: 'live' });
    expect(outcome).toMatchObject({ exitCode: 1, outputs: { result: 'rolled-back', version: '1' } });
    expect(outcome.error).toContain('status 404 instead of 200');
    expect(await s.truth()).toMatchObject({ alias: '1', versions: ['1', '2'] });
  });
});

describe('without an alias', () => {
  scene('an unhealthy image is taken back, and `rollback: false` leaves it', async (s) => {
    const before = (await s.truth()).latest;
    s.answers.set('bad', httpReply(404, 'no such page'));
    const uri = s.image('bad');
    const outcome = await s.deploy({ 'image-uri': uri, 'function-name': 'app' });
    expect(outcome).toMatchObject({ exitCode: 1, outputs: { result: 'rolled-back', version: '$LATEST' } });
    expect(await s.truth()).toMatchObject({ latest: before, versions: [] });
    const left = await s.deploy({ 'image-uri': uri, 'function-name': 'app', rollback: 'false' });
    expect(left).toMatchObject({ exitCode: 1, outputs: { result: 'failed' } });
    expect((await s.truth()).latest).toBe(uri);
  });

  scene('an update that fails says why, and $LATEST shows the old image again', async (s) => {
    const before = (await s.truth()).latest;
    const uri = s.image('b');
    s.faults.update = (_name, image) =>
      image === uri ? { failed: { code: 'ImageAccessDenied', reason: 'Lambda cannot pull' } } : undefined;
    const outcome = await s.deploy({ 'image-uri': uri, 'function-name': 'app' });
    expect(outcome).toMatchObject({ exitCode: 1, outputs: { result: 'failed' } });
    expect(outcome.error).toContain('Lambda may not pull the image (ImageAccessDenied: Lambda cannot pull)');
    expect(await s.truth()).toMatchObject({ latest: before, status: 'Successful' });
  });

  scene('an update that never ends runs into update-timeout', async (s) => {
    s.faults.update = () => ({ never: true });
    const outcome = await s.deploy({
      'image-uri': s.image('b'),
      'function-name': 'app',
      'update-timeout': '1',
    });
    expect(outcome).toMatchObject({ exitCode: 1, outputs: { result: 'failed' } });
    expect(outcome.error).toContain('not done within 1 s: the update of $LATEST is InProgress');
    expect(JSON.parse(outcome.state.STATE_restore ?? '')).toHaveLength(1);
  });

  scene('SIGKILL in mid-deploy: post puts the image back', async (s) => {
    const before = (await s.truth()).latest;
    const inputs = { 'image-uri': s.image('b'), 'function-name': 'app' };
    const killed = Promise.withResolvers<void>();
    s.faults.before = (operation) => {
      if (operation === 'lambda:Invoke') killed.resolve();
      return operation === 'lambda:Invoke' ? { delayMs: 300 } : undefined;
    };
    const main = s.start('main', inputs);
    await killed.promise;
    main.kill('SIGKILL');
    const { state } = await main.ended;
    const post = await s.start('post', inputs, state).ended;
    expect(post).toMatchObject({ exitCode: 0, error: '' });
    expect((await s.truth()).latest).toBe(before);
  });

  scene('SIGTERM ends main at once with outputs and a record', async (s) => {
    s.faults.before = (operation) => (operation === 'lambda:Invoke' ? { delayMs: 3_000 } : undefined);
    const main = s.start('main', { 'image-uri': s.image('b'), 'function-name': 'app' });
    while (!s.requests.includes('lambda:Invoke')) await sleep(20);
    const start = performance.now();
    main.kill('SIGTERM');
    const outcome = await main.ended;
    expect(performance.now() - start).toBeLessThan(1_000);
    expect(outcome).toMatchObject({ exitCode: 1, outputs: { result: 'failed' } });
    expect(outcome.error).toContain('cancelled');
    expect(JSON.parse(outcome.state.STATE_restore ?? '')).toHaveLength(1);
  });

  scene('an inactive function is woken by the smoke test', async (s) => {
    await s.other.update(s.image('b'));
    await s.stand.aws.makeInactive('app');
    const outcome = await s.deploy({ 'image-uri': s.image('c'), 'function-name': 'app' });
    expect(outcome.outputs.result).toBe('deployed');
  });
});

describe('refused or planned without a change', () => {
  scene('a dry-run changes nothing', async (s) => {
    const outcome = await s.deploy({
      'image-uri': s.image('b'),
      'function-name': 'app',
      alias: 'live',
      'dry-run': 'true',
    });
    expect(outcome).toMatchObject({ exitCode: 0, outputs: { result: 'planned' } });
    expect(s.requests.filter((name) => !/Get/.test(name))).toEqual(['lambda:UpdateFunctionCode']);
    expect(outcome.stdout).toContain('Lambda would take the update (UpdateFunctionCode with DryRun).');
    expect(outcome.record?.deploy?.[0]?.reasons.join('\n')).toContain('create alias live');
    expect((await s.truth()).latest).not.toBe(s.image('b'));
    s.faults.before = (operation) =>
      operation === 'lambda:UpdateFunctionCode'
        ? {
            status: 403,
            code: 'AccessDeniedException',
            message:
              'User: arn:aws:sts::123456789012:assumed-role/deploy/x is not authorized to perform: lambda:UpdateFunctionCode on resource: arn:aws:lambda:us-east-1:123456789012:function:app because no identity-based policy allows it',
          }
        : undefined;
    const denied = await s.deploy({
      'image-uri': s.image('b'),
      'function-name': 'app',
      'dry-run': 'true',
    });
    expect(denied).toMatchObject({ exitCode: 1, outputs: { result: 'failed' } });
    expect(denied.error).toContain(
      'Add to the policy of the deploying role: {"Effect":"Allow","Action":"lambda:UpdateFunctionCode","Resource":"arn:aws:lambda:us-east-1:123456789012:function:app"}',
    );
  });

  scene('an index, a missing image and a tag', async (s) => {
    s.stand.registry.image('app', 'index', { index: true });
    const host = s.stand.registry.host;
    const index = await s.deploy({ 'image-uri': `${host}/app:index`, 'function-name': 'app' });
    expect(index.error).toContain('is an index');
    const missing = await s.deploy({ 'image-uri': `${host}/app:nope`, 'function-name': 'app' });
    expect(missing.error).toContain('ECR has no image');
    const uri = s.image('tagged');
    const tagged = await s.deploy({ 'image-uri': `${host}/app:tagged`, 'function-name': 'app' });
    expect(tagged.outputs).toMatchObject({ result: 'deployed', 'image-uri': uri });
  });

  scene('a previous image that ECR no longer holds', async (s) => {
    const before = (await s.truth()).latest;
    s.faults.before = (operation, { body }) =>
      operation === 'ecr:BatchGetImage' && JSON.stringify(body).includes(before.split('@')[1] ?? '')
        ? { status: 400, code: 'ImageNotFoundException', message: 'gone' }
        : undefined;
    const inputs = { 'image-uri': s.image('b'), 'function-name': 'app' };
    const refused = await s.deploy(inputs);
    expect(refused.error).toContain('could not be put back');
    expect((await s.truth()).latest).toBe(before);
    expect((await s.deploy({ ...inputs, rollback: 'false' })).outputs.result).toBe('deployed');
  });

  scene('ECR denied is a warning', async (s) => {
    s.faults.before = (operation) =>
      operation.startsWith('ecr:')
        ? { status: 400, code: 'AccessDeniedException', message: 'no' }
        : undefined;
    const outcome = await s.deploy({ 'image-uri': s.image('b'), 'function-name': 'app' });
    expect(outcome).toMatchObject({ exitCode: 0, outputs: { result: 'deployed' } });
    expect(outcome.stdout).toContain('::warning::The image is not checked');
  });

  scene('several functions: zip, missing and fine, each on its own', async (s) => {
    await s.stand.lambda.send(
      new CreateFunctionCommand({
        FunctionName: 'zipped',
        Role: ROLE,
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Code: { ZipFile: Buffer.from('PK') },
      }),
    );
    const outcome = await s.deploy({ 'image-uri': s.image('b'), 'function-name': 'zipped\nnowhere\napp' });
    expect(outcome).toMatchObject({
      exitCode: 1,
      outputs: { result: 'failed', version: '$LATEST\n$LATEST\n$LATEST' },
    });
    expect(outcome.error).toContain('2 of 3 functions');
    expect(outcome.error).toContain('zip file (PackageType Zip)');
    expect(outcome.error).toContain('nowhere does not exist');
    expect(outcome.record?.deploy?.map(({ result }) => result)).toEqual(['failed', 'failed', 'deployed']);
  });

  scene('malformed inputs make no call', async (s) => {
    const good = { 'image-uri': s.image('b'), 'function-name': 'app' };
    const bad: Record<string, string>[] = [
      { 'function-name': 'app:live' },
      { alias: '$LATEST' },
      { 'smoke-timeout': 'soon' },
    ];
    const outcomes = await Promise.all(bad.map((input) => s.deploy({ ...good, ...input })));
    for (const [index, outcome] of outcomes.entries()) {
      expect(outcome).toMatchObject({ exitCode: 1, outputs: { result: 'failed' } });
      expect(outcome.error).toContain(`Input \`${Object.keys(bad[index] ?? {})[0]}\``);
    }
    expect(s.requests).toEqual([]);
  });
});
