import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { openRegistry } from '../src/docker/registry.ts';
import { ensureParts, type Parts } from '../src/local/parts/index.ts';
import { type MadeLayer, makeLayers } from './image-check/image.ts';
import type { CheckRequest } from './image-check/once.ts';

/**
 * `npm run bench:image-check`: time of the check of a pushed image of 250 MB, read from a real registry and from where
 * a private Engine keeps it, with all layers new and with all but the top one known; each in a process of its own.
 * What it is held against is node:zlib alone, which unpacks the same layers in the same round, one after another, and
 * looks at nothing. Files in node_modules are not searched for secrets; those of an application's own are.
 */
const ROUNDS = 6;
const REPOSITORY = 'bench-image-check';
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const folder = await mkdtemp(join(tmpdir(), 'bench-image-check-'));
const inStore = (digest: string): string =>
  join(folder, 'containerd/io.containerd.content.v1.content/blobs', digest.replace(':', '/'));
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** @returns milliseconds */
async function check(request: CheckRequest): Promise<number> {
  const program = join(import.meta.dirname, 'image-check', 'once.ts');
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(request));
  const printed = await text(child.stdout);
  if (printed === '') throw new Error('The check failed.');
  return Number(printed);
}

async function unpackOnly(layers: readonly MadeLayer[]): Promise<number> {
  const since = performance.now();
  for (const { digest } of layers)
    await pipeline(
      createReadStream(inStore(digest)),
      createGunzip({ chunkSize: 256 * 1024 }),
      new Writable({ write: (_piece, _encoding, done) => done() }),
    );
  return performance.now() - since;
}

async function measure({ registry }: Parts, installed: string): Promise<void> {
  const layers = await makeLayers(installed);
  const credentials = { username: registry.user, password: registry.password };
  const place = openRegistry(registry.host, credentials);
  for (const { digest, content } of layers) {
    const blob = { content: Readable.from([content]), bytes: content.length };
    await place.putBlob(REPOSITORY, digest, { ...blob, signal: AbortSignal.timeout(60_000) });
    await mkdir(dirname(inStore(digest)), { recursive: true });
    await writeFile(inStore(digest), content);
  }
  const [bytes, packed] = [
    sum(layers.map(({ unpacked }) => unpacked)),
    sum(layers.map(({ content }) => content.length)),
  ];
  say(
    `${sum(layers.map(({ files }) => files))} files in ${layers.length} layers, most in /${installed}: ${(bytes / 1e6).toFixed(0)} MB, compressed ${(packed / 1e6).toFixed(0)} MB`,
  );
  const request: CheckRequest = {
    host: registry.host,
    credentials,
    repository: REPOSITORY,
    layers: layers.map(({ digest, content }) => ({ digest, bytes: content.length })),
    known: [],
  };
  const known = layers.slice(0, -1).map(({ digest }) => digest);
  const store = { folder, asRoot: [], path: process.env.PATH ?? '' };
  const cases: { name: string; work: () => Promise<number>; times: number[] }[] = [
    { name: 'node:zlib alone', work: () => unpackOnly(layers), times: [] },
    { name: "all new, Engine's store", work: () => check({ ...request, store }), times: [] },
    { name: 'all new, registry', work: () => check(request), times: [] },
    {
      name: "top layer new, Engine's store",
      work: () => check({ ...request, store, known }),
      times: [],
    },
    { name: 'top layer new, registry', work: () => check({ ...request, known }), times: [] },
  ];
  for (let round = 0; round < ROUNDS; round += 1)
    for (const { work, times } of cases) times.push(await work());
  const alone = Math.min(...(cases[0]?.times ?? []));
  say('\n| | least, s | median, s | least, times node:zlib |\n|---|---|---|---|');
  for (const { name, times } of cases) {
    const [least, median] = [Math.min(...times), times.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? 0];
    const figures = [least / 1000, median / 1000, least / alone].map((figure) => figure.toFixed(2));
    say(`| ${[name, ...figures].join(' | ')} |`);
  }
  say('');
}

try {
  const parts = await ensureParts(join(import.meta.dirname, '..', '.local'), say);
  for (const installed of ['app/node_modules', 'app/lib']) await measure(parts, installed);
} finally {
  await rm(folder, { recursive: true, force: true });
}
