import { describe, expect, it } from 'vitest';
import { previousVersion } from '../../src/deploy/rollback-plan.ts';
import { httpReply, type Scene, scene } from './harness.ts';

const back = (to: string): Record<string, string> => ({
  'function-name': 'app',
  alias: 'live',
  'rollback-to': to,
});

/** Versions 1 to 3 of three images, the alias at the last. */
async function threeVersions(s: Scene): Promise<void> {
  for (const tag of ['one', 'two', 'three']) {
    await s.other.update(s.image(tag));
    await s.other.alias(await s.other.publish());
  }
  s.requests.length = 0;
}

describe('rollback-to', () => {
  scene('previous: the version before, tested first, without a build or an update', async (s) => {
    await threeVersions(s);
    const latest = (await s.truth()).latest;
    s.requests.length = 0;
    const outcome = await s.deploy(back('previous'));
    expect(outcome).toMatchObject({
      exitCode: 0,
      error: '',
      outputs: { result: 'deployed', version: '2', 'previous-version': '3', 'image-uri': s.image('two') },
    });
    expect(outcome.stdout).toContain('Alias live goes back from version 3 to version 2 (sha256:');
    expect(outcome.record?.deploy?.[0]?.reasons[0]).toContain(
      'the highest version below 3 with another image',
    );
    expect(s.requests.filter((name) => /Invoke|Update|Publish/.test(name))).toEqual([
      'lambda:Invoke',
      'lambda:UpdateAlias',
      'lambda:Invoke',
    ]);
    expect(await s.truth()).toMatchObject({ alias: '2', latest, versions: ['1', '2', '3'] });
    const steps = outcome.record?.steps ?? [];
    const ms = Date.parse(steps.at(-1)?.end ?? '') - Date.parse(steps[0]?.start ?? '');
    expect(ms).toBeLessThan(5_000);
  });

  scene('a version by its number; the one that serves already; one that is not there', async (s) => {
    await threeVersions(s);
    expect((await s.deploy(back('1'))).outputs).toMatchObject({ result: 'deployed', version: '1' });
    expect((await s.deploy(back('1'))).outputs).toMatchObject({ result: 'unchanged', version: '1' });
    const missing = await s.deploy(back('9'));
    expect(missing).toMatchObject({ exitCode: 1, outputs: { result: 'failed', version: '1' } });
    expect(missing.error).toContain('has no version to go back to: there is no version 9');
    const none = await s.deploy(back('previous'));
    expect(none.error).toContain('no version below 1 has another image');
    expect(await s.truth()).toMatchObject({ alias: '1' });
  });

  scene('a version that fails its test does not get the alias', async (s) => {
    await threeVersions(s);
    s.answers.set('two', httpReply(404, 'gone'));
    const outcome = await s.deploy(back('previous'));
    expect(outcome).toMatchObject({ exitCode: 1, outputs: { result: 'failed', version: '3' } });
    expect(await s.truth()).toMatchObject({ alias: '3' });
  });

  scene('weights are cleared; the next deploy goes on from there', async (s) => {
    await threeVersions(s);
    await s.other.alias('2', { 3: 0.5 });
    expect((await s.deploy(back('2'))).outputs).toMatchObject({ result: 'deployed', version: '2' });
    expect(await s.truth()).not.toHaveProperty('weights');
    const next = await s.deploy({ 'image-uri': s.image('three'), 'function-name': 'app', alias: 'live' });
    expect(next.outputs).toMatchObject({ result: 'deployed', version: '3', 'previous-version': '2' });
  });

  scene('a dry-run says where it would go', async (s) => {
    await threeVersions(s);
    const outcome = await s.deploy({ ...back('previous'), 'dry-run': 'true' });
    expect(outcome).toMatchObject({ exitCode: 0, outputs: { result: 'planned', version: '3' } });
    expect(outcome.stdout).toContain('move alias live to version 2');
    expect(await s.truth()).toMatchObject({ alias: '3' });
  });

  scene('without an alias there is nothing to go back by', async (s) => {
    const outcome = await s.deploy(back('previous'));
    expect(outcome.error).toContain('Alias live of app does not exist');
  });
});

it('the previous version is the highest one below with another image', () => {
  const versions = [
    { version: '2', codeSha256: 'a' },
    { version: '9', codeSha256: 'b' },
    { version: '10', codeSha256: 'c' },
    { version: '11', codeSha256: 'c' },
    { version: '12', codeSha256: 'd' },
  ];
  expect(previousVersion(versions, '11')).toBe('9');
  expect(previousVersion(versions, '9')).toBe('2');
  expect(previousVersion(versions, '2')).toBeUndefined();
});
