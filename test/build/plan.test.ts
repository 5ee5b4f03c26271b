import { describe, expect, it } from 'vitest';
import { cacheAttributes, cacheScope, layerCache } from '../../src/build/cache.ts';
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
const off = { kind: 'off', writable: false, note: '' } as const;

describe('planBuild', () => {
  it('makes one command line: one platform, no attestations, gzip, all tags in one push', () => {
    const plan = planBuild(inputs({ 'build-args': 'A=1', secrets: 'token=s3cret' }), {
      host: 'r.example:5000',
      platform: 'linux/amd64',
      tags: ['sha-1', 'main'],
      builder: 'default',
      hostNetwork: false,
      cache: off,
      metadataFile: '/tmp/m.json',
    });
    expect(buildxArguments(plan.request).join(' ')).toBe(
      'buildx build --builder default --file app/Dockerfile --platform linux/amd64 --build-arg A=1 ' +
        '--secret id=token,env=DEPLOY_LAMBDA_SECRET_0 --provenance=false --sbom=false ' +
        '--output type=image,"name=r.example:5000/api:sha-1,r.example:5000/api:main",push=true,store=false,compression=gzip ' +
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
    const cache = layerCache(inputs(), env({ exp: later, ac: writable }), now);
    expect(cache).toEqual({ kind: 'gha', writable: true, note: '' });
    expect(cacheAttributes(cache, 'api', 'r/api')).toEqual({
      from: 'type=gha,version=2,scope=api,timeout=10s',
      to: 'type=gha,version=2,scope=api,mode=max,timeout=2m',
    });
  });
  it('only reads without a writable scope, and says so', () => {
    const ac = JSON.stringify([{ Scope: 'refs/heads/main', Permission: 1 }]);
    const cache = layerCache(inputs(), env({ exp: later, ac }), now);
    expect(cache).toMatchObject({ kind: 'gha', writable: false, note: expect.stringContaining('may read') });
    expect(cacheAttributes(cache, 'api', 'r/api').to).toBe('');
  });
  it('leaves an expired token alone, which would fail the build', () => {
    const cache = layerCache(inputs(), env({ exp: now / 1000 - 1, ac: writable }), now);
    expect(cache).toMatchObject({ kind: 'off', note: expect.stringContaining('expired') });
    expect(cacheAttributes(cache, 'api', 'r/api')).toEqual({ from: '', to: '' });
  });
  it('is off without the service, with one line only where gha was asked for', () => {
    expect(layerCache(inputs(), {}, now)).toEqual(off);
    expect(layerCache(inputs({ cache: 'gha' }), {}, now).note).toMatch(/not offered/);
  });
  it('lies in the registry beside the image, for those who may push it', () => {
    const cache = layerCache(inputs({ cache: 'registry' }), {}, now);
    expect(cacheAttributes(cache, 'a/b', 'r/api')).toEqual({
      from: 'type=registry,ref=r/api:cache-a-b',
      to: 'type=registry,ref=r/api:cache-a-b,mode=max,image-manifest=true,oci-mediatypes=true',
    });
    const reading = layerCache(inputs({ cache: 'registry', push: 'false', registry: 'r.test' }), {}, now);
    expect(reading).toEqual({ kind: 'registry', writable: false, note: '' });
  });
  it('is off where nothing tells which registry holds it', () => {
    const cache = layerCache(inputs({ cache: 'registry', push: 'false' }), {}, now);
    expect(cache).toMatchObject({ kind: 'off', note: expect.stringContaining('where `registry` names it') });
  });
});

describe('cacheScope', () => {
  it('differs by target and platform, and is the one that is given', () => {
    const scope = (target: string, platform: string): string => cacheScope(inputs({ target }), platform);
    const scopes = [scope('', 'linux/amd64'), scope('x', 'linux/amd64'), scope('', 'linux/arm64')];
    expect(new Set(scopes).size).toBe(3);
    expect(scopes[0]).toMatch(/^api-[0-9a-f]{8}$/);
    expect(cacheScope(inputs({ 'cache-scope': 'mine' }), 'linux/amd64')).toBe('mine');
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
