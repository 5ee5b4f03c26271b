import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { filesBelow, leaks, ROLE_SECRETS, startIssuers } from '../support/secret-hunt.ts';
import { httpReply, type Scene, scene } from './harness.ts';

/** Deploys by a role, and returns all that the step wrote: what it printed, outputs, state, and files by path. */
async function written(s: Scene, inputs: Record<string, string>): Promise<Map<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'secrets-'));
  const issuers = await startIssuers();
  try {
    const files = Object.fromEntries(
      ['GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STEP_SUMMARY'].map((name) => [name, join(folder, name)]),
    );
    for (const path of Object.values(files)) await writeFile(path, '');
    const env = { ...issuers.env, ...files, RUNNER_TEMP: folder, HOME: folder };
    const outcome = await s.deploy(
      { 'role-to-assume': 'arn:aws:iam::123456789012:role/deploy', ...inputs },
      env,
    );
    const found = new Map([
      ['log', outcome.stdout],
      ['outputs', JSON.stringify(outcome.outputs)],
      ['state', JSON.stringify(outcome.state)],
    ]);
    return new Map([...found, ...(await filesBelow(folder))]);
  } finally {
    await issuers.close();
    await rm(folder, { recursive: true });
  }
}

describe('a deploy by a role', () => {
  const inputs = (s: Scene) => ({ 'image-uri': s.image('new'), 'function-name': 'app', alias: 'live' });

  scene('that succeeds writes no secret anywhere', async (s) => {
    const texts = await written(s, inputs(s));
    expect(texts.get('outputs')).toContain('"result":"deployed"');
    // The record is among the files that were read.
    expect([...texts.keys()].some((path) => path.includes('record-'))).toBe(true);
    const log = texts.get('log') ?? '';
    for (const what of ['secret access key', 'session token', 'OIDC token'] as const)
      expect(log, what).toContain(`::add-mask::${ROLE_SECRETS[what]}\n`);
    expect(leaks(texts)).toEqual([]);
  });

  scene('that fails and is taken back writes none either', async (s) => {
    s.answers.set('new', httpReply(500, 'broken'));
    const texts = await written(s, inputs(s));
    expect(texts.get('outputs')).toContain('"result":"rolled-back"');
    expect(leaks(texts)).toEqual([]);
  });

  scene('whose function prints a secret would be found', async (s) => {
    s.answers.set('new', httpReply(500, ROLE_SECRETS['session token']));
    expect(leaks(await written(s, inputs(s)))).toContain('session token (plain) in log');
  });
});
