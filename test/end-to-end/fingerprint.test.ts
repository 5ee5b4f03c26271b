import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Docker } from '../../src/docker/command.ts';
import { walkContext } from '../../src/docker/context-walk.ts';
import { parseIgnoreFile } from '../../src/docker/dockerignore.ts';
import { files, ignoreCases } from '../docker/ignore-cases.ts';
import { contentDigest, type Listing, listingLine, receivedByBuildKit } from '../fuzz/buildkit.ts';
import { fuzz } from '../fuzz/run.ts';

let scratch = '';
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'differential-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function docker(): Docker {
  const { program, env } = inject('parts').docker;
  return { program, env: { ...process.env, ...env } };
}

async function seenByWalk(context: string, ignore: string): Promise<Listing> {
  const entries = await walkContext(context, parseIgnoreFile(ignore));
  return entries
    .map(({ path, type, mode, target }) =>
      listingLine(path, type, mode, type === 'file' ? contentDigest(join(context, path)) : target),
    )
    .sort();
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
    const placed = ignoreCases.map(([ignore]) => {
      const work = mkdtempSync(join(scratch, 'case-'));
      const dockerfile = join(work, 'Dockerfile');
      writeFileSync(dockerfile, 'FROM scratch\nCOPY . /\n');
      writeFileSync(`${dockerfile}.dockerignore`, ignore);
      return { folder: context, context, dockerfile, contexts: {} };
    });
    const received = await receivedByBuildKit(docker(), placed, scratch);
    for (const [index, [ignore]] of ignoreCases.entries())
      expect(await seenByWalk(context, ignore), JSON.stringify(ignore)).toEqual(received[index]);
  });

  test('random contexts and ignore files, before and after a change', async () => {
    const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);
    const { counts, faults } = await fuzz({ docker: docker(), scratch, seed, count: 100 });
    // A needless change costs a build, no more; `npm run fuzz` counts those.
    const wrong = faults.filter(({ verdict }) => verdict !== 'needless');
    expect(wrong, `FUZZ_SEED=${seed} ${JSON.stringify(wrong)}`).toEqual([]);
    expect(counts.changed).toBeGreaterThan(20);
    expect(counts.same).toBeGreaterThan(20);
  });
});
