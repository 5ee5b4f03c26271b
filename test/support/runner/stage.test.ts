import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeToy } from '../../end-to-end/toy.ts';
import { closeGaps, rewriteOwnUses, stageActions } from './stage.ts';
import { ownUseProblem, remoteUse, usesIn } from './uses.ts';
import { repositoryMappings } from './workflow.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stage-'));
  await writeToy(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('stageActions', () => {
  it('copies what would be checked out and rewrites $/', async () => {
    const stage = join(folder, 'ignored', 'stage');
    await stageActions(folder, stage, 'o/r', 'v9');
    expect(existsSync(join(stage, 'dist', 'first.js'))).toBe(true);
    expect(existsSync(join(stage, 'ignored'))).toBe(false);
    const uses = async (file: string) =>
      usesIn(await readFile(join(stage, file), 'utf8')).map((use) => use.uses);
    expect(await uses('action.yml')).toEqual(['o/r/first@v9', 'o/r/second@v9', 'o/r/second@v9']);
    expect(await uses('.github/workflows/reusable.yml')).toEqual(['o/r/first@v9']);
  });

  it('names what GitHub would refuse', async () => {
    await writeFile(
      join(folder, 'second', 'action.yml'),
      'runs:\n  steps:\n    - uses: $/third\n    - uses: $/first@v1\n',
    );
    await symlink('nowhere', join(folder, 'link'));
    await expect(stageActions(folder, join(folder, 'ignored', 'stage'))).rejects.toThrow(
      'link: dangling symbolic link\nsecond/action.yml:3: $/third: there is no third/action.yml\nsecond/action.yml:4: $/first@v1: takes no @ref',
    );
  });
});

describe('$/', () => {
  it.each([
    ['$/', 'a root action cannot be called this way'],
    ['$/first@v1', 'takes no @ref'],
    ['$/nothing', 'there is no nothing/action.yml'],
    ['$/.github/workflows/no.yml', 'there is no .github/workflows/no.yml'],
    ['$/../x', 'not a plain path'],
    ['$first', 'must start with $/'],
  ])('%s is wrong', (uses, problem) => expect(ownUseProblem(uses, folder)).toContain(problem));

  it.each(['$/first', '$/.github/workflows/reusable.yml', './first', 'o/r@v1'])('%s is right', (uses) =>
    expect(ownUseProblem(uses, folder)).toBeUndefined(),
  );

  it('is rewritten with quotes and comments, and refused where it cannot be', () => {
    expect(rewriteOwnUses("a:\n  - uses: '$/x' # why\n", 'o/r', 'v1')).toBe(
      "a:\n  - uses: 'o/r/x@v1' # why\n",
    );
    expect(() => rewriteOwnUses('a: { uses: $/x }\n', 'o/r', 'v1')).toThrow(
      'line 1: write "uses: $/x" on a line',
    );
  });
});

it('tells remote uses from others, and what stands behind them', () => {
  expect(remoteUse('o/r/a/b@v1')).toEqual({ repository: 'o/r', path: 'a/b', ref: 'v1' });
  expect(remoteUse('o/r@0123abc')).toEqual({ repository: 'o/r', path: '', ref: '0123abc' });
  for (const other of ['./x', '$/x', 'docker://alpine:3', 'o/r']) expect(remoteUse(other)).toBeUndefined();
  const texts = ['a: { uses: actions/checkout@v6 }', 'a: { uses: o/r/x@v1 }'];
  const own = [{ repository: 'o/r', ref: 'v1', folder: '/stage' }];
  expect(repositoryMappings(texts, own, { 'actions/checkout': '/stub' })).toEqual([
    'o/r@v1=/stage',
    'actions/checkout@v6=/stub',
  ]);
});

it('writes around what act does otherwise than GitHub', () => {
  expect(closeGaps('concurrency:\n  group: a\n  queue: max\n')).toBe('concurrency:\n  group: a\n\n');
  expect(closeGaps('if: needs.a.outputs.b-c == 1')).toBe(
    "if: (needs.a.result != 'skipped' && needs.a.outputs.b-c || '') == 1",
  );
});
