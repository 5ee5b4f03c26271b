import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { runDocker } from '../../src/docker/command.ts';
import { walkContext } from '../../src/docker/context-walk.ts';
import { Doubt, parseIgnoreFile } from '../../src/docker/dockerignore.ts';
import { files, ignoreCases } from '../docker/ignore-cases.ts';

/** `path type mode target`, sorted. */
type Listing = string[];

let scratch = '';
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'differential-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function line(path: string, type: string, mode: number, target: string): string {
  return [path, type, mode.toString(8), target].join(' ');
}

/** What BuildKit itself receives: `COPY . /` into nothing, written to a folder. */
async function receivedByBuildKit(context: string, ignore: string): Promise<Listing> {
  const work = mkdtempSync(join(scratch, 'build-'));
  writeFileSync(join(work, 'Dockerfile'), 'FROM scratch\nCOPY . /\n');
  writeFileSync(join(work, 'Dockerfile.dockerignore'), ignore);
  const out = join(work, 'out');
  const args = [
    'buildx',
    'build',
    '--builder',
    'default',
    '--file',
    join(work, 'Dockerfile'),
    '--provenance=false',
  ];
  const { program, env } = inject('parts').docker;
  const docker = { program, env: { ...process.env, ...env } };
  const { code, stderr } = await runDocker(docker, [...args, '--output', `type=local,dest=${out}`, context]);
  if (code !== 0) throw new Error(stderr);
  const listing: Listing = [];
  const visit = (folder: string): void => {
    for (const name of readdirSync(join(out, folder))) {
      const path = folder ? `${folder}/${name}` : name;
      const stat = lstatSync(join(out, path));
      if (stat.isSymbolicLink()) listing.push(line(path, 'symlink', 0, readlinkSync(join(out, path))));
      else listing.push(line(path, stat.isDirectory() ? 'directory' : 'file', stat.mode & 0o7777, ''));
      if (stat.isDirectory()) visit(path);
    }
  };
  visit('');
  return listing.sort();
}

async function seenByWalk(context: string, ignore: string): Promise<Listing> {
  const entries = await walkContext(context, parseIgnoreFile(ignore));
  return entries.map(({ path, type, mode, target }) => line(path, type, mode, target)).sort();
}

function place(context: string, path: string, mode = 0o644): void {
  mkdirSync(dirname(join(context, path)), { recursive: true });
  writeFileSync(join(context, path), path, { mode });
}

describe('the walk sees what BuildKit receives', () => {
  test('tricky ignore files', async () => {
    const context = mkdtempSync(join(scratch, 'context-'));
    for (const file of files) place(context, file);
    symlinkSync('src', join(context, 'link'));
    for (const [ignore] of ignoreCases)
      expect(await seenByWalk(context, ignore), JSON.stringify(ignore)).toEqual(
        await receivedByBuildKit(context, ignore),
      );
  }, 60_000);

  test('random contexts and ignore files', async () => {
    const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);
    const random = numbers(seed);
    let compared = 0;
    const until = Date.now() + 15_000;
    while (Date.now() < until && compared < 60) {
      const context = mkdtempSync(join(scratch, 'random-'));
      const paths = randomPaths(random);
      for (const path of paths) place(context, path, random(3) === 0 ? 0o755 : 0o644);
      if (random(2) === 0) symlinkSync(`../${random(9)}`, join(context, 'link'));
      const ignore = Array.from({ length: 1 + random(5) }, () => randomPattern(random, paths)).join('\n');
      const ours = await seenByWalk(context, ignore).catch((error: unknown) => error);
      // What is in doubt is built, whatever BuildKit makes of it.
      if (ours instanceof Doubt) continue;
      const theirs = await receivedByBuildKit(context, ignore);
      expect(ours, `FUZZ_SEED=${seed} ${JSON.stringify({ ignore, paths })}`).toEqual(theirs);
      compared += 1;
    }
    expect(compared).toBeGreaterThan(20);
  }, 60_000);
});

/** A small generator of repeatable numbers below `limit` (mulberry32). */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

const names = ['a', 'b', 'ab', 'a.js', 'b.ts', '.env', 'lib', 'ä', 'a b', 'a+b', 'a^b', '[x]', '!n', '#c'];

function randomPaths(random: (limit: number) => number): string[] {
  const name = () => names[random(names.length)] ?? 'a';
  const folders = Array.from({ length: 4 }, () =>
    Array.from({ length: 1 + random(3) }, () => `d${random(3)}`).join('/'),
  );
  return Array.from({ length: 14 }, () => (random(4) === 0 ? name() : `${folders[random(4)]}/${name()}`));
}

function randomPattern(random: (limit: number) => number, paths: string[]): string {
  const parts = (paths[random(paths.length)] ?? '').split('/').slice(0, 1 + random(4));
  const changed = parts.map((part) => {
    const choice = random(9);
    if (choice === 0) return '*';
    if (choice === 1) return '**';
    if (choice === 2) return part.replace(/.$/u, '?');
    if (choice === 3) return `${part.slice(0, 1)}*`;
    if (choice === 4) return part.replace(/^[a-z]/, '[a-m]');
    return part;
  });
  const before = ['', '', '', '!', '!', '/', '**/', '! ', './'][random(9)];
  const after = ['', '', '', '/', '/**', '/*', '**', '\r', ' '][random(9)];
  return `${before}${changed.join('/')}${after}`;
}
