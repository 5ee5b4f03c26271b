import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { wantedImages } from '../../src/local/wanted-images.ts';

let context: string;
beforeEach(async () => {
  context = await mkdtemp(join(tmpdir(), 'wanted-'));
});
afterEach(() => rm(context, { recursive: true }));

const wanted = async (build: object = {}): Promise<string[]> => {
  const isWanted = await wantedImages({ context, ...build });
  return ['node:24', 'python:3.12', 'tool:1'].filter(isWanted);
};
const dockerfile = (text: string, name = 'Dockerfile') => writeFile(join(context, name), text);

it('wants the images that the Dockerfile names, in FROM and COPY', async () => {
  await dockerfile('FROM node:24 AS base\nFROM base\nCOPY --from=tool:1 /tool /\n');
  expect(await wanted()).toEqual(['node:24', 'tool:1']);
});

it('fills build arguments in', async () => {
  await dockerfile('ARG V=1\nFROM python:$V\n');
  expect(await wanted()).toEqual([]);
  expect(await wanted({ 'build-args': 'OTHER=2\nV=3.12' })).toEqual(['python:3.12']);
});

it('reads the file that was asked for', async () => {
  await dockerfile('FROM node:24\n');
  await dockerfile('FROM tool:1\n', 'other');
  expect(await wanted({ file: join(context, 'other') })).toEqual(['tool:1']);
});

it('wants all where there is no file or an instruction is unclear', async () => {
  expect(await wanted()).toHaveLength(3);
  await dockerfile('FROM scratch\nONBUILD COPY --from=node:24 / /\n');
  expect(await wanted()).toHaveLength(3);
});
