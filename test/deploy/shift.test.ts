import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { httpReply, liveAt, type Scene, scene } from './harness.ts';

const shifted = (uri: string, shift = '10% 1s, 50% 1s'): Record<string, string> => ({
  'image-uri': uri,
  'function-name': 'app',
  alias: 'live',
  'traffic-shift': shift,
});

/** Weights that were asked for in UpdateAlias, in order; runs `at` before the n-th, from 0. */
function weightsAsked(s: Scene, at: (index: number) => void | Promise<void> = () => {}): unknown[] {
  const asked: unknown[] = [];
  s.faults.before = async (operation, { body }) => {
    if (operation !== 'lambda:UpdateAlias') return undefined;
    const { RoutingConfig, FunctionVersion } = body as {
      RoutingConfig: { AdditionalVersionWeights: object };
      FunctionVersion: string;
    };
    await at(asked.length);
    asked.push([FunctionVersion, RoutingConfig.AdditionalVersionWeights]);
    return undefined;
  };
  return asked;
}

/** Waits until the alias shares its traffic. */
async function sharing(s: Scene): Promise<void> {
  while ((await s.truth()).weights === undefined) await sleep(20);
}

describe('traffic-shift', () => {
  scene('weights in order, each held and watched, then all', async (s) => {
    await liveAt(s, 'good');
    s.alarms.set('errors', 'OK').set('slow answers', 'INSUFFICIENT_DATA');
    const asked = weightsAsked(s);
    const outcome = await s.deploy({ ...shifted(s.image('next')), alarms: 'errors\nslow answers' });
    expect(outcome).toMatchObject({ exitCode: 0, error: '', outputs: { result: 'deployed', version: '2' } });
    expect(asked).toEqual([
      ['1', { 2: 0.1 }],
      ['1', { 2: 0.5 }],
      ['2', {}],
    ]);
    // Before the deploy, then at the start and the end of both holds.
    expect(s.requests.filter((name) => name === 'cloudwatch:DescribeAlarms')).toHaveLength(5);
    expect(outcome.stdout).toContain(
      'give that version 10 % of the traffic of alias live and watch it for 1.0 s',
    );
    expect(await s.truth()).toMatchObject({ alias: '2' });
    expect(await s.truth()).not.toHaveProperty('weights');
  });

  scene('an alarm during a hold: weights as before, and $LATEST too', async (s) => {
    await liveAt(s, 'good');
    const before = (await s.truth()).latest;
    s.alarms.set('errors', 'OK');
    const asked = weightsAsked(s, (index) => {
      if (index === 1) s.alarms.set('errors', 'ALARM');
    });
    const outcome = await s.deploy({ ...shifted(s.image('next')), alarms: 'errors' });
    expect(outcome).toMatchObject({ exitCode: 1, outputs: { result: 'rolled-back', version: '1' } });
    expect(outcome.error).toContain(
      'CloudWatch alarm "errors" is in ALARM while version 2 had 50 %25 of the traffic',
    );
    expect(asked).toHaveLength(3);
    expect(asked.at(-1)).toEqual(['1', {}]);
    expect(await s.truth()).toMatchObject({ alias: '1', latest: before });
    expect(JSON.parse(outcome.state.STATE_restore ?? '')).toEqual([]);
  });

  scene('an alarm that is missing, or in ALARM already, stops it before any change', async (s) => {
    await liveAt(s, 'good');
    s.alarms.set('errors', 'ALARM');
    const inputs = shifted(s.image('next'));
    const missing = await s.deploy({ ...inputs, alarms: 'nowhere' });
    expect(missing).toMatchObject({ exitCode: 1, outputs: { result: 'failed', version: '1' } });
    expect(missing.error).toContain('CloudWatch has no alarm "nowhere"');
    const ringing = await s.deploy({ ...inputs, alarms: 'errors' });
    expect(ringing.error).toContain('is in ALARM before the deploy');
    expect(s.requests.filter((name) => /Update|Publish/.test(name))).toEqual([]);
  });

  scene('a version that fails its test during a hold; answers of the old one do not matter', async (s) => {
    await liveAt(s, 'good');
    s.answers.set('next', httpReply(200, 'ok'));
    weightsAsked(s, (index) => {
      s.answers.set('good', httpReply(500, 'the old one is ill'));
      if (index === 1) s.answers.set('next', httpReply(404, 'gone'));
    });
    const outcome = await s.deploy(shifted(s.image('next')));
    expect(outcome).toMatchObject({ exitCode: 1, outputs: { result: 'rolled-back', version: '1' } });
    expect(outcome.error).toContain('version 2 failed its smoke test GET /health: status 404 instead of 200');
    expect(await s.truth()).toMatchObject({ alias: '1' });
    expect(await s.truth()).not.toHaveProperty('weights');
  });

  scene('`rollback: false` clears the weights of half a shift, and leaves $LATEST', async (s) => {
    await liveAt(s, 'good');
    const uri = s.image('next');
    s.alarms.set('errors', 'OK');
    weightsAsked(s, (index) => {
      if (index === 1) s.alarms.set('errors', 'ALARM');
    });
    const outcome = await s.deploy({ ...shifted(uri), alarms: 'errors', rollback: 'false' });
    expect(outcome).toMatchObject({ exitCode: 1, outputs: { result: 'failed', version: '1' } });
    expect(await s.truth()).toMatchObject({ alias: '1', latest: uri });
    expect(await s.truth()).not.toHaveProperty('weights');
  });

  scene('somebody else moves the alias during a hold: theirs stays', async (s) => {
    await s.other.publish();
    await liveAt(s, 'good');
    const deploy = s.deploy(shifted(s.image('next'), '10% 2s'));
    await sharing(s);
    await s.other.alias('1', {});
    const outcome = await deploy;
    expect(outcome).toMatchObject({ exitCode: 1, outputs: { result: 'failed' } });
    expect(outcome.error).toContain('somebody else moved it to version 1');
    expect(await s.truth()).toMatchObject({ alias: '1' });
  });

  scene('a new alias has no traffic to shift', async (s) => {
    const outcome = await s.deploy(shifted(s.image('a'), '10% 1h'));
    expect(outcome).toMatchObject({ exitCode: 0, outputs: { result: 'deployed', version: '1' } });
  });
});

describe('cancelled during a hold', () => {
  scene('SIGINT: the alias is back at once, $LATEST in post, each once', async (s) => {
    await liveAt(s, 'good');
    const before = (await s.truth()).latest;
    const asked = weightsAsked(s);
    const inputs = shifted(s.image('next'), '10% 10m');
    const main = s.start('main', inputs);
    await sharing(s);
    main.kill('SIGINT');
    const outcome = await main.ended;
    expect(outcome).toMatchObject({ exitCode: 1, outputs: { result: 'rolled-back', version: '1' } });
    expect(outcome.error).toContain(
      'The deploy was cancelled (SIGINT). Alias live of app is back at version 1',
    );
    expect(await s.truth()).toMatchObject({ alias: '1' });
    expect(await s.truth()).not.toHaveProperty('weights');
    const post = await s.start('post', inputs, outcome.state).ended;
    expect(post).toMatchObject({ exitCode: 0, error: '' });
    expect(await s.truth()).toMatchObject({ alias: '1', latest: before });
    expect(asked).toEqual([
      ['1', { 2: 0.1 }],
      ['1', {}],
    ]);
  });

  scene('SIGTERM while the change of the alias is on its way', async (s) => {
    await liveAt(s, 'good');
    const reached = Promise.withResolvers<void>();
    s.faults.before = async (operation) => {
      if (operation !== 'lambda:UpdateAlias') return undefined;
      s.faults.before = undefined;
      reached.resolve();
      return { delayMs: 500, afterCommit: true };
    };
    const main = s.start('main', shifted(s.image('next'), '10% 10m'));
    await reached.promise;
    main.kill('SIGTERM');
    expect(await main.ended).toMatchObject({ exitCode: 1, outputs: { result: 'rolled-back', version: '1' } });
    expect(await s.truth()).toMatchObject({ alias: '1' });
    expect(await s.truth()).not.toHaveProperty('weights');
  });

  scene('SIGKILL: post puts weights and $LATEST back', async (s) => {
    await liveAt(s, 'good');
    const before = (await s.truth()).latest;
    const inputs = shifted(s.image('next'), '10% 10m');
    const main = s.start('main', inputs);
    await sharing(s);
    main.kill('SIGKILL');
    const { state } = await main.ended;
    const post = await s.start('post', inputs, state).ended;
    expect(post).toMatchObject({ exitCode: 0, error: '' });
    expect(post.stdout).toContain('Alias live of app is back at version 1');
    expect(await s.truth()).toMatchObject({ alias: '1', latest: before });
    expect(await s.truth()).not.toHaveProperty('weights');
  });

  scene('without `rollback` half a shift is still undone', async (s) => {
    await liveAt(s, 'good');
    const uri = s.image('next');
    const inputs = { ...shifted(uri, '10% 10m'), rollback: 'false' };
    const main = s.start('main', inputs);
    await sharing(s);
    main.kill('SIGKILL');
    const { state } = await main.ended;
    await s.start('post', inputs, state).ended;
    expect(await s.truth()).toMatchObject({ alias: '1', latest: uri });
    expect(await s.truth()).not.toHaveProperty('weights');
  });
});
