import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type EarlyPush, startEarlyPush } from '../../src/build/early-push.ts';
import { openRegistry } from '../../src/docker/registry.ts';
import { digestOf } from '../support/registry-images.ts';
import { type RegistryServer, startRegistry } from '../support/registry-server.ts';

const layers = ['first', 'second', 'third'].map((text) => Buffer.from(`${text} layer`));
const [first = '', second = '', third = ''] = layers.map(digestOf);
const GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip';

let folder: string;
let registry: RegistryServer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'early-'));
  registry = await startRegistry();
});
afterEach(async () => {
  await registry.close();
  await rm(folder, { recursive: true, force: true });
});

/** Puts it where containerd would, and returns its digest. */
async function stored(content: Buffer | string): Promise<string> {
  const blobs = join(folder, 'containerd/io.containerd.content.v1.content/blobs/sha256');
  await mkdir(blobs, { recursive: true });
  const digest = digestOf(content);
  await writeFile(join(blobs, digest.slice('sha256:'.length)), content);
  return digest;
}

async function manifest(content: readonly Buffer[], mediaType = GZIP): Promise<string> {
  return await stored(
    JSON.stringify({
      layers: content.map((layer) => ({ mediaType, digest: digestOf(layer), size: layer.length })),
    }),
  );
}

function push(base: string): EarlyPush {
  return startEarlyPush({
    ...{ base, platform: 'linux/amd64', repository: 'app' },
    store: { folder, asRoot: [], path: '' },
    registry: openRegistry(registry.host, { username: 'AWS', password: registry.password }),
  });
}

const fetched = (digest: string) => `#5 ${digest} 81.02MB / 81.02MB 1.5s done`;
const uploads = () => registry.calls.filter((call) => call.startsWith('PUT ')).length;
async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !holds(); turn += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
}

it('uploads the layers of the base image that the repository lacks, each once, as they arrive', async () => {
  for (const layer of layers) await stored(layer);
  registry.blobs.set(first, layers[0] as Buffer);
  const early = push(await manifest(layers.slice(0, 2)));
  for (const digest of [first, second, second, third]) early.line(fetched(digest));
  await until(() => early.bytes() > 0);
  await early.end();
  expect(early.bytes()).toBe(layers[1]?.length);
  expect(registry.blobs.get(second)).toEqual(layers[1]);
  // The third is of another image, and the first is there.
  expect([registry.blobs.has(third), uploads()]).toEqual([false, 1]);
});

it("takes the platform's image of an index", async () => {
  for (const layer of layers) await stored(layer);
  const manifests = [
    { digest: await manifest(layers.slice(1, 2)), platform: { os: 'linux', architecture: 'arm64' } },
    { digest: await manifest(layers.slice(2)), platform: { os: 'linux', architecture: 'amd64' } },
  ];
  const early = push(await stored(JSON.stringify({ manifests })));
  for (const digest of [second, third]) early.line(fetched(digest));
  await until(() => registry.blobs.has(third));
  await early.end();
  expect([registry.blobs.has(second), registry.blobs.has(third)]).toEqual([false, true]);
});

it('lets go of an upload when BuildKit begins its own', async () => {
  await stored(layers[0] as Buffer);
  let held = false;
  registry.intercept = ({ method }) => {
    held ||= method === 'PUT';
    return method === 'PUT';
  };
  const early = push(await manifest(layers.slice(0, 1)));
  early.line(fetched(first));
  await until(() => held);
  early.line('#14 pushing layers');
  await early.end();
  expect(early.bytes()).toBe(0);
});

it.each<[string, (base: string) => Promise<string> | string]>([
  ['a base image that the store does not hold', () => digestOf('elsewhere')],
  ['a manifest that is none', () => stored('<html>')],
  [
    'layers of another kind',
    () => manifest(layers.slice(0, 1), 'application/vnd.oci.image.layer.v1.tar+zstd'),
  ],
  [
    'layers that may not be distributed',
    () => manifest(layers.slice(0, 1), 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'),
  ],
])('does nothing about %s', async (_name, base) => {
  await stored(layers[0] as Buffer);
  const early = push(await base(''));
  early.line(fetched(first));
  await early.end();
  expect(early.bytes()).toBe(0);
  expect(registry.calls).toEqual([]);
});

it('leaves a registry that refuses to BuildKit', async () => {
  await stored(layers[0] as Buffer);
  registry.intercept = (_request, response) => {
    response.writeHead(403).end();
    return true;
  };
  const early = push(await manifest(layers.slice(0, 1)));
  early.line(fetched(first));
  await until(() => registry.calls.length > 0);
  await early.end();
  expect(early.bytes()).toBe(0);
});

it('sends the login to no other host, wherever the registry says that bytes go', async () => {
  await stored(layers[0] as Buffer);
  const asked: string[] = [];
  const other = await startRegistry();
  other.intercept = ({ url = '' }) => {
    asked.push(url);
    return false;
  };
  registry.intercept = ({ method }, response) => {
    if (method !== 'POST') return false;
    response.writeHead(202, { location: `http://${other.host}/v2/app/blobs/uploads/1?state=x` }).end();
    return true;
  };
  const early = push(await manifest(layers.slice(0, 1)));
  early.line(fetched(first));
  await until(() => registry.blobs.has(first));
  await early.end();
  await other.close();
  expect(asked).toEqual([]);
});
