import { describe, expect, it } from 'vitest';
import { layerCache } from '../../src/build/cache.ts';
import { readBuildInputs } from '../../src/build/inputs.ts';
import { planBuild } from '../../src/build/plan.ts';
import { imageTags } from '../../src/build/tags.ts';
import { buildFailure, buildxArguments } from '../../src/docker/buildx.ts';
import { inputsFrom } from '../../src/github/inputs.ts';

const inputs = (values: Record<string, string> = {}) =>
  readBuildInputs(
    inputsFrom(
      Object.fromEntries(
        Object.entries({ repository: 'api', 'aws-region': 'eu-central-1', context: 'app', ...values }).map(
          ([name, value]) => [`INPUT_${name.toUpperCase()}`, value],
        ),
      ),
    ),
    {},
  );
const off = { kind: 'off', from: '', to: '', note: '' } as const;

describe('planBuild', () => {
  it('makes one command line: one platform, no attestations, gzip, all tags in one push', () => {
    const plan = planBuild(inputs({ 'build-args': 'A=1', secrets: 'token=s3cret' }), {
      host: 'r.example:5000',
      platform: 'linux/amd64',
      tags: ['sha-1', 'main'],
      builder: 'default',
      cache: off,
      metadataFile: '/tmp/m.json',
    });
    expect(buildxArguments(plan.request).join(' ')).toBe(
      'buildx build --builder default --file app/Dockerfile --platform linux/amd64 --build-arg A=1 ' +
        '--secret id=token,env=DEPLOY_LAMBDA_SECRET_0 --provenance=false --sbom=false ' +
        '--output type=image,"name=r.example:5000/api:sha-1,r.example:5000/api:main",push=true,compression=gzip ' +
        '--metadata-file /tmp/m.json --progress plain app',
    );
    expect(plan.secretEnv).toEqual({ DEPLOY_LAMBDA_SECRET_0: 's3cret' });
    expect(plan.lines.join('\n')).not.toContain('s3cret');
  });
});

describe('imageTags', () => {
  const job = {
    eventName: 'push',
    repository: 'o/r',
    runnerTemp: '/tmp',
    workspace: '/w',
    refType: 'branch',
  } as const;
  it('names commit and branch, the branch made safe', () => {
    expect(imageTags({ ...job, sha: 'a'.repeat(40), refName: 'feature/Ünïcode x' }, ['v1'])).toEqual([
      'sha-aaaaaaaaaaaa',
      'feature-n-code-x',
      'v1',
    ]);
  });
  it('names the pull request instead of a branch', () => {
    const pullRequest = { number: 7, baseRef: 'main', headRepository: 'o/r' };
    expect(imageTags({ ...job, sha: '', refName: '', pullRequest }, [])).toEqual(['pr-7']);
  });
});

describe('layerCache', () => {
  const now = Date.UTC(2026, 0, 1);
  const token = (claims: object): string =>
    `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`;
  const env = (claims: object) => ({
    ACTIONS_RESULTS_URL: 'http://127.0.0.1:1/',
    ACTIONS_RUNTIME_TOKEN: token(claims),
  });
  const later = now / 1000 + 3600;
  const writable = JSON.stringify([{ Scope: 'refs/heads/main', Permission: 3 }]);

  it('reads and writes where the job may', () => {
    const cache = layerCache(inputs(), 'linux/amd64', env({ exp: later, ac: writable }), 'r/api', now);
    expect(cache.kind).toBe('gha');
    expect(cache.from).toMatch(/^type=gha,version=2,scope=api-[0-9a-f]{8}$/);
    expect(cache.to).toBe(`${cache.from},mode=max,ignore-error=true`);
  });
  it('only reads without a writable scope, and says so', () => {
    const ac = JSON.stringify([{ Scope: 'refs/heads/main', Permission: 1 }]);
    expect(layerCache(inputs(), 'linux/amd64', env({ exp: later, ac }), 'r/api', now)).toMatchObject({
      kind: 'gha',
      to: '',
      note: expect.stringContaining('may read'),
    });
  });
  it('leaves an expired token alone, which would fail the build', () => {
    expect(
      layerCache(inputs(), 'linux/amd64', env({ exp: now / 1000 - 1, ac: writable }), 'r/api', now),
    ).toMatchObject({
      kind: 'off',
      from: '',
      note: expect.stringContaining('expired'),
    });
  });
  it('is off without the service, with one line only where gha was asked for', () => {
    expect(layerCache(inputs(), 'linux/amd64', {}, 'r/api', now)).toEqual(off);
    expect(layerCache(inputs({ cache: 'gha' }), 'linux/amd64', {}, 'r/api', now).note).toMatch(/not offered/);
  });
  it('differs by target and platform', () => {
    const scope = (target: string, platform: string): string =>
      layerCache(inputs({ target }), platform, env({ exp: later, ac: writable }), 'r/api', now).from;
    expect(
      new Set([scope('', 'linux/amd64'), scope('x', 'linux/amd64'), scope('', 'linux/arm64')]).size,
    ).toBe(3);
  });
});

describe('buildFailure', () => {
  it('names the command, the line and what to do', () => {
    const error = buildFailure('app/Dockerfile', [
      '#8 [3/3] RUN exit 7',
      '#8 ERROR: process "/bin/sh -c exit 7" did not complete successfully: exit code: 7',
      'Dockerfile:9',
      '--------------------',
      'ERROR: failed to build: failed to solve: process "/bin/sh -c exit 7" did not complete successfully: exit code: 7',
    ]);
    expect(error.message).toBe(
      'Build of app/Dockerfile failed (Dockerfile:9): process "/bin/sh -c exit 7" did not complete successfully: exit code: 7.',
    );
    expect(error.hint).toContain('stands above');
  });
});
