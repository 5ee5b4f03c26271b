import { appendFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, inject, it } from 'vitest';
import {
  type RegistryOptions,
  type RegistryServer,
  refuse,
  startRegistry,
} from '../support/registry-server.ts';
import { type BuildRun, type BuildScene, startBuildScene } from './build-scene.ts';
import { forget } from './engine-cache.ts';

const { docker } = inject('parts');
let registry: RegistryServer;
let scene: BuildScene;

async function start(options: RegistryOptions = {}): Promise<void> {
  registry = await startRegistry(options);
  scene = await startBuildScene(docker, registry);
}
afterEach(async () => {
  await scene.close();
  await registry.close();
});

const writes = new Set(['POST', 'PATCH', 'PUT']);

/** Lets the registry answer writes itself, each time or only at first. */
function onWrite(answer: (response: ServerResponse) => void, times = Number.POSITIVE_INFINITY): void {
  let answered = 0;
  registry.intercept = (request, response) => {
    if (!writes.has(request.method ?? '') || answered >= times) return false;
    answered += 1;
    answer(response);
    return true;
  };
}

/** What holds of every failed run: exit code, one error line, outputs, nothing left. */
function expectFailed(run: BuildRun, error: RegExp): void {
  expect(run.main.exitCode, run.log).toBe(1);
  expect(run.main.errors).toEqual([expect.stringMatching(error)]);
  expect(run.log.trim().split('\n').pop()).toBe(`Error: ${run.main.errors[0]}`);
  expect(run.main.outputs).toMatchObject({ 'build-result': 'failed', 'image-uri': '', digest: '' });
  expect(run.main.outputs.tags).toContain('main');
  expectNothingLeft(run);
}

/** The folder is that of the run record. */
function expectNothingLeft({ post, left }: BuildRun): void {
  expect(post).toMatchObject({ exitCode: 0, errors: [] });
  expect(left).toEqual(['deploy-lambda-container']);
}

it('builds, pushes, reads back and leaves no login behind', async () => {
  await start();
  const run = await scene.build();
  expect(run.main.exitCode, run.log).toBe(0);
  const { digest = '' } = run.main.outputs;
  expect(run.main.outputs['image-uri']).toBe(`${registry.host}/${scene.name}@${digest}`);
  expect(registry.manifests.has(`${scene.name}:main`)).toBe(true);
  expect(run.main.state['docker-config']).toMatch(/docker-config-/);
  expectNothingLeft(run);
});

it('a wrong login: 401 from the start, before anything is built', async () => {
  await start();
  registry.intercept = (_, response) => {
    refuse(response, 401, 'UNAUTHORIZED', 'Your authorization token has expired.');
    return true;
  };
  const run = await scene.build();
  expectFailed(
    run,
    /^Registry refuses the login to read .*HTTP 401 \(Your authorization token has expired\)\. Check the account/,
  );
  expect(run.log).not.toContain('docker buildx build');
});

it('a role that may read and not push: 403 at the push, in the words of AWS, with what to allow', async () => {
  await start();
  onWrite((response) =>
    refuse(response, 403, 'DENIED', 'User: arn:x is not authorized to perform: ecr:InitiateLayerUpload'),
  );
  expectFailed(
    await scene.build(),
    /failed to push .*: denied: User: arn:x is not authorized to perform: ecr:InitiateLayerUpload\. Check that the role may push/,
  );
});

it('a repository that does not exist is named', async () => {
  await start({ repositories: ['other'] });
  expectFailed(
    await scene.build(),
    new RegExp(
      `The repository with name '${scene.name}' does not exist in the registry .*\\. Create the repository`,
    ),
  );
});

it('an immutable tag with another digest: refused, and says which tag and what to do', async () => {
  await start({ immutable: true });
  registry.image(scene.name, 'main');
  expectFailed(
    await scene.build(),
    /The image tag 'main' already exists .* cannot be overwritten because the tag is immutable\. Exclude tags that move/,
  );
});

it('an immutable tag with the same digest is fine', async () => {
  await start({ immutable: true });
  const first = await scene.build();
  expect(first.main.exitCode, first.log).toBe(0);
  const again = await scene.build({ rebuild: 'changed' });
  expect(again.main.exitCode, again.log).toBe(0);
  expect(again.main.outputs).toMatchObject({
    'build-result': 'reused',
    digest: first.main.outputs.digest,
  });
  expectNothingLeft(again);
});

it('one 503 at the push, and one at a read, are got over', async () => {
  await start();
  onWrite((response) => refuse(response, 503, 'UNAVAILABLE', 'try again'), 1);
  const pushed = await scene.build();
  expect(pushed.main.exitCode, pushed.log).toBe(0);
  // Two layers and the config, and one of them twice.
  expect(registry.calls.filter((call) => call.startsWith('POST '))).toHaveLength(4);
  let read = 0;
  registry.intercept = (request, response) => {
    if (request.method !== 'GET') return false;
    read += 1;
    if (read === 1) refuse(response, 502, 'UNAVAILABLE', 'try again');
    return read === 1;
  };
  const reused = await scene.build({ rebuild: 'changed' });
  expect(reused.main.outputs, reused.log).toMatchObject({ 'build-result': 'reused' });
});

it('503 at every push: a failed run that says so', async () => {
  await start();
  onWrite((response) => refuse(response, 503, 'UNAVAILABLE', 'out of order'));
  expectFailed(await scene.build(), /failed to push .*: unavailable: out of order\. .*run the job again/);
});

it('503 at every read: a failed run that says so, before anything is built', async () => {
  await start();
  registry.intercept = (_, response) => {
    refuse(response, 503, 'UNAVAILABLE', 'out of order');
    return true;
  };
  const run = await scene.build();
  expectFailed(run, /^Cannot read `inputs-\w+` in .*: HTTP 503 \(out of order\)\. .*run the job again/);
  expect(run.log).not.toContain('docker buildx build');
});

it('a registry that breaks off every connection is named', async () => {
  await start();
  registry.intercept = (request) => {
    request.socket.destroy();
    return true;
  };
  expectFailed(
    await scene.build(),
    new RegExp(`^Cannot reach registry ${registry.host}: .*\\. Check the registry host`),
  );
});

it('layers that cannot be read back cost a warning, and secrets in the config are found all the same', async () => {
  // Masked, the usual password would take the word out of what is expected below.
  await start({ password: 'mellon' });
  registry.intercept = (request, response) => {
    const digest = /blobs\/(sha256:\w+)$/.exec(request.url ?? '')?.[1] ?? '';
    const isLayer = registry.blobs.get(digest)?.subarray(0, 2).toString('hex') === '1f8b';
    if (request.method !== 'GET' || !isLayer) return false;
    refuse(response, 404, 'BLOB_UNKNOWN', 'blob unknown to registry');
    return true;
  };
  const healthy = await scene.build();
  expect(healthy.main.exitCode, healthy.log).toBe(0);
  expect(healthy.log).toMatch(/Warning: The layers of the image were not checked: /);

  const secret = ['f8a91c22', 'e07b4d5b'].join('');
  await appendFile(join(scene.context, 'Dockerfile'), `ENV SESSION_SECRET=${secret}\n`);
  const run = await scene.build();
  expect(run.main.exitCode, run.log).toBe(1);
  expect(run.main.errors.join()).toMatch(/holds a secret and is not deployed: .* in SESSION_SECRET/);
});

it('a run that is killed in the middle of its push leaves no login behind', async () => {
  await start();
  let killed: Promise<void> | undefined;
  // No answer: the push hangs until the registry is gone.
  registry.intercept = (request) => {
    if (!writes.has(request.method ?? '')) return false;
    killed ??= scene.kill();
    return true;
  };
  const run = await scene.build();
  await killed;
  expect(run.main.exitCode).toBe(1);
  expect(run.main.errors).toEqual([]);
  expect(run.main.state['docker-config']).toMatch(/docker-config-/);
  expect(run.post).toMatchObject({ exitCode: 0, errors: [] });
  // Not even a run record, which is written at the end.
  expect(run.left).toEqual([]);
});

it('an immutable mark of an earlier image of the same inputs costs a warning, not the pushed image', async () => {
  await start({ immutable: true });
  const first = await scene.build({ tags: 'main\none' });
  await forget(docker, scene.name);
  // Without the Engine's records the layers get other times, and the image another digest.
  registry.manifests.delete(`${scene.name}:main`);
  const again = await scene.build({ tags: 'main\ntwo' });
  expect(again.main.exitCode, again.log).toBe(0);
  expect(again.main.outputs.digest).not.toBe(first.main.outputs.digest);
  expect(again.log).toMatch(/Warning: Tag `inputs-\w+` of .* names another image/);
});
