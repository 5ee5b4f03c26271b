import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { scanImage } from '../../../src/build/image-scan/run.ts';
import { type EngineStore, openBlob } from '../../../src/docker/engine-store.ts';
import { imageConfig } from '../../../src/docker/image-config.ts';
import { openRegistry } from '../../../src/docker/registry.ts';
import { digestOf } from '../../support/registry-images.ts';
import { type RegistryServer, startRegistry } from '../../support/registry-server.ts';

const SECRET = 'API_TOKEN=0123456789abcdef\n';

let temp: string;
let registry: RegistryServer;
let layer: Buffer;
let digest: string;
beforeEach(async () => {
  temp = await mkdtemp(join(tmpdir(), 'store-'));
  registry = await startRegistry();
  const tar = pack();
  tar.entry({ name: 'app/.env' }, SECRET);
  // Larger than a pipe holds.
  tar.entry({ name: 'app/data' }, Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * at) % 251)));
  tar.finalize();
  const pieces: Uint8Array[] = [];
  for await (const piece of tar) pieces.push(piece as Uint8Array);
  layer = gzipSync(Buffer.concat(pieces), { level: 0 });
  digest = digestOf(layer);
  registry.blobs.set(digest, layer);
});
afterEach(async () => {
  await registry.close();
  await rm(temp, { recursive: true, force: true });
});

const blobsIn = (folder: string): string =>
  join(folder, 'containerd/io.containerd.content.v1.content/blobs/sha256');

/** A store in a folder, which holds this content. */
async function fill(folder: string, content: Buffer): Promise<void> {
  await mkdir(blobsIn(folder), { recursive: true });
  await writeFile(join(blobsIn(folder), digest.slice('sha256:'.length)), content);
}

/**
 * A store that is not there for this user, and a stand-in for `sudo -n` to which it is there. It writes down what it
 * is called with.
 */
async function rootsStore(content: Buffer): Promise<EngineStore & { calls: () => Promise<string[]> }> {
  const [folder, hidden, program, log] = ['engine', 'of-root', 'as-root', 'calls'].map((name) =>
    join(temp, name),
  );
  await fill(join(`${hidden}`, `${folder}`), content);
  await writeFile(`${log}`, '');
  await writeFile(
    `${program}`,
    `#!${process.execPath}
const { appendFileSync, readFileSync } = require('node:fs');
const [command, file, ...more] = process.argv.slice(2);
appendFileSync(${JSON.stringify(log)}, JSON.stringify([command, file, ...more]) + '\\n');
process.stdout.write(readFileSync(${JSON.stringify(hidden)} + file));
`,
  );
  await chmod(`${program}`, 0o755);
  const calls = async () => (await readFile(`${log}`, 'utf8')).split('\n').filter((line) => line !== '');
  return { folder: `${folder}`, asRoot: [`${program}`], path: process.env.PATH ?? '', calls };
}

async function scan(store: EngineStore | undefined) {
  const image = { uri: '', digest: '', mediaType: '', architecture: 'amd64', bytes: layer.length };
  const layers = [{ digest, bytes: layer.length }];
  const source = openRegistry(registry.host, { username: registry.user, password: registry.password });
  const { findings } = await scanImage({ ...image, layers }, imageConfig({}), [], {
    registry: source,
    repository: 'app',
    store,
  });
  return findings.map(({ rule }) => rule);
}

/** Bytes of layers that the registry sent. */
const downloaded = (): number =>
  registry.calls
    .map((call) => registry.blobs.get(/^GET .*\/blobs\/(.*)$/.exec(call)?.[1] ?? '')?.length ?? 0)
    .reduce((sum, bytes) => sum + bytes, 0);

it('without a store every byte of a layer is downloaded', async () => {
  expect(await scan(undefined)).toContain('secret-env-file');
  expect(downloaded()).toBe(layer.length);
});

it('a store that this user may read costs neither a download nor a process', async () => {
  const store = await rootsStore(layer);
  await fill(store.folder, layer);
  expect(await scan(store)).toContain('secret-env-file');
  expect(downloaded()).toBe(0);
  expect(await store.calls()).toEqual([]);
});

it('one that belongs to root is read as root, and nothing is downloaded', async () => {
  const store = await rootsStore(layer);
  expect(await scan(store)).toContain('secret-env-file');
  expect(downloaded()).toBe(0);
  const file = join(blobsIn(store.folder), digest.slice('sha256:'.length));
  expect(await store.calls()).toEqual([JSON.stringify(['cat', file])]);
});

it('what the store lacks, and what root may not read either, is downloaded', async () => {
  const store = await rootsStore(layer);
  await rm(join(temp, 'of-root'), { recursive: true });
  for (const asRoot of [store.asRoot, ['false'], [join(temp, 'no-such-program')], []]) {
    registry.calls.length = 0;
    expect(await scan({ ...store, asRoot })).toContain('secret-env-file');
    expect(downloaded(), asRoot.join()).toBe(layer.length);
  }
});

it('a blob that breaks off is an error, never a layer without a finding', async () => {
  await expect(scan(await rootsStore(layer.subarray(0, layer.length - 1_000)))).rejects.toThrow(
    'unexpected end of file',
  );
});

it('only what a digest names is ever read as root', async () => {
  const store = await rootsStore(layer);
  const hex = digest.slice('sha256:'.length);
  for (const other of [
    '',
    hex,
    'sha256:../../../../etc/shadow',
    `sha512:${hex}`,
    `${digest}\n`,
    `sha256:${hex}/..`,
  ])
    expect(await openBlob(store, other), other).toBeUndefined();
  expect(await store.calls()).toEqual([]);
});
