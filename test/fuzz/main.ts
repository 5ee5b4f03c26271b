import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureParts } from '../../src/local/parts/index.ts';
import { fuzz } from './run.ts';

/**
 * `npm run fuzz -- --count 1000 --seed 1`: random contexts against the Engine's BuildKit. Exit code 1 where the hash
 * missed a change or the walk differs; a needless change is printed, too, and is no failure.
 */
const root = join(import.meta.dirname, '..', '..');
const { values } = parseArgs({
  options: { seed: { type: 'string' }, count: { type: 'string', default: '1000' } },
});
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const count = Number(values.count);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const { docker } = await ensureParts(join(root, '.local'), say);
const scratch = mkdtempSync(join(tmpdir(), 'fuzz-'));
say(`Seed ${seed}: ${count} contexts, each before and after one change`);
const since = performance.now();
try {
  const environment = { program: docker.program, env: { ...process.env, ...docker.env } };
  const { counts, doubts } = await fuzz({ docker: environment, scratch, seed, count }, say);
  for (const [doubt, times] of [...doubts].sort(([, a], [, b]) => b - a).slice(0, 5))
    say(`In doubt ${times}: ${doubt}`);
  say(
    `\nSeed ${seed}: ${counts.same} unchanged and ${counts.changed} changed contexts agree, ` +
      `${counts.missed} changes missed, ${counts.needless} needless, ${counts.walk} lists differ, ` +
      `${counts.doubt} in doubt, ${counts.refused} refused by BuildKit; ` +
      `${((performance.now() - since) / 1000).toFixed(1)} s`,
  );
  process.exitCode = counts.missed + counts.walk > 0 ? 1 : 0;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
