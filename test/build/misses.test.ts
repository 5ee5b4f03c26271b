import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compactFiles, filesPlace, readSources, writeSources } from '../../src/build/build-files.ts';
import { noteList, recallList } from '../../src/build/kept-list.ts';
import { type BuildSources, explainMisses } from '../../src/build/misses.ts';
import { slowFindings } from '../../src/build/slow.ts';
import type { BuildVertex } from '../../src/record.ts';

const dockerfile = `FROM node:24 AS builder
WORKDIR /app
COPY package*.json ./
RUN npm ci
COPY src \\
  ./src
RUN npm run build

FROM node:24
COPY --from=builder /app/dist ./dist
COPY --link public ./public
`;
const sources = (files: Record<string, string>, text = dockerfile): BuildSources => ({
  dockerfile: text,
  files: new Map(Object.entries(files)),
});
const before = sources({ 'package.json': '1', 'package-lock.json': '1', 'src/a.ts': '1', 'public/a': '1' });
const vertex = (name: string, ms = 10): BuildVertex => ({
  name,
  ms,
  cached: false,
  kind: name.includes('RUN') ? 'run' : 'copy',
});
const all = [
  vertex('[builder 3/6] COPY package*.json ./'),
  vertex('[builder 4/6] RUN npm ci', 9000),
  vertex('[builder 5/6] COPY src   ./src'),
  vertex('[builder 6/6] RUN npm run build'),
  vertex('[stage-1 2/3] COPY --from=builder /app/dist ./dist'),
];
const told = (now: BuildSources, earlier: BuildSources | undefined, vertices: BuildVertex[]) =>
  explainMisses(now, earlier, vertices).map(({ line, because, files }) => [line, because, ...files]);

test('a changed lockfile runs all that stands below it', () => {
  const now = sources({ 'package.json': '1', 'package-lock.json': '2', 'src/a.ts': '1', 'public/a': '1' });
  expect(told(now, before, all)).toEqual([
    [3, 'Files that it copies were changed.', 'package-lock.json'],
    [4, 'Line 3 above it was run again.', 'package-lock.json'],
    [5, 'Line 3 above it was run again.', 'package-lock.json'],
    [7, 'Line 3 above it was run again.', 'package-lock.json'],
    [10, 'Line 3, of the stage that it takes files from, was run again.', 'package-lock.json'],
  ]);
});

test('a changed source runs only what stands below its own copy', () => {
  const now = sources({ 'package.json': '1', 'package-lock.json': '1', 'src/b.ts': '1', 'public/a': '1' });
  expect(told(now, before, all.slice(2, 4))).toEqual([
    [5, 'Files that it copies were changed.', 'src/a.ts', 'src/b.ts'],
    [7, 'Line 5 above it was run again.', 'src/a.ts', 'src/b.ts'],
  ]);
});

test('a changed instruction, another base image, and nothing to see', () => {
  const [, run = vertex('')] = all;
  const edited = sources(Object.fromEntries(before.files), dockerfile.replace('npm ci', 'npm ci --x'));
  expect(told(edited, before, [run])).toEqual([[4, 'The instruction itself is new or was changed.']]);
  const based = sources(Object.fromEntries(before.files), dockerfile.replace('node:24 AS', 'node:25 AS'));
  expect(told(based, before, [run])).toEqual([[4, 'Its stage starts from another image than before.']]);
  expect(told(before, before, [run])[0]?.[1]).toContain('the cache no longer held it');
  expect(told(before, undefined, [run])[0]?.[1]).toContain('no earlier build');
  expect(told(before, before, [{ ...run, cached: true }])).toEqual([]);
});

test('a slow installation and a large context are said with what they took', () => {
  const misses = explainMisses(before, undefined, all);
  const sizes = new Map([['data/a', 90e6]]);
  const findings = slowFindings(dockerfile, 'Dockerfile', { misses, vertices: [], sizes });
  expect(findings.map(({ rule, line, why }) => [rule, line, why.slice(0, 40)])).toEqual([
    ['slow-install', 4, 'This installation took 9.0 s and has no '],
    ['large-context', 0, 'The build context is 90.0 MB: data/ 90.0'],
  ]);
});

test('the list of files passes from build to build', async () => {
  const state = await mkdtemp(join(tmpdir(), 'state-'));
  try {
    const place = filesPlace('scope', state, { DEPLOY_LAMBDA_STATE: state });
    if (!place) throw new Error('no place');
    expect(await recallList(place)).toBeUndefined();
    expect(await noteList(place, writeSources(before))).toBeUndefined();
    expect(readSources((await recallList(place)) ?? '')).toEqual(before);
  } finally {
    await rm(state, { recursive: true, force: true });
  }
});

test('any list is read as it was written, and any other text does no harm', () => {
  const files = fc.dictionary(fc.string({ minLength: 1 }), fc.stringMatching(/^[0-9a-f]{1,12}$/));
  fc.assert(
    fc.property(fc.string(), files, fc.string(), (text, list, noise) => {
      const written = { dockerfile: text, files: new Map(Object.entries(list)) };
      expect(readSources(writeSources(written))).toEqual(written);
      readSources(noise);
      const vertices = [vertex(`[${noise} 2/3] RUN ${text}`), vertex(noise)];
      expect(
        explainMisses({ ...written, dockerfile: `FROM a\n${noise}` }, written, vertices).length,
      ).toBeLessThan(3);
    }),
  );
});

test('of very many files the top folders are kept', () => {
  const digests = new Map([
    ['a/1', 'f'.repeat(64)],
    ['a/2', 'e'.repeat(64)],
    ['b', 'd'.repeat(64)],
  ]);
  expect([...compactFiles(digests).keys()]).toEqual(['a/1', 'a/2', 'b']);
  expect([...compactFiles(digests, 2).keys()]).toEqual(['a', 'b']);
});
