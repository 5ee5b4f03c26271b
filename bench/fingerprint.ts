import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprint } from '../src/build/fingerprint.ts';
import { plainRequest } from '../test/support/fingerprint-request.ts';

/**
 * `npm run bench:fingerprint -- [FILES]`: time of the hash of a context of that many files (100,000 where not
 * given), half of them in an ignored folder more, with sizes as in node_modules: mean 9 KB, most under 2 KB.
 * All is in the page cache, as after a checkout. The first run stands for itself: nothing is compiled yet.
 */
const files = Number(process.argv[2] ?? 100_000);
const perFolder = 20;
const runs = 6;
const ignoredFiles = Math.ceil(files / 2);
const bytes = Buffer.alloc(1 << 18, 'The quick brown fox jumps over the lazy dog.\n');
const root = mkdtempSync(join(tmpdir(), 'bench-fingerprint-'));
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Deterministic: the same sizes on each machine. */
function sizeOf(index: number): number {
  const place = (index * 7919) % 100;
  const spread = (index * 104_729) % 1000;
  if (place < 50) return 200 + spread * 1.8;
  if (place < 85) return 2000 + spread * 8;
  if (place < 97) return 10_000 + spread * 30;
  return 40_000 + spread * 160;
}

function fill(folder: string, count: number): number {
  let total = 0;
  for (let index = 0; index < count; index += 1) {
    const at = Math.floor(index / perFolder);
    const path = join(
      root,
      folder,
      `p${at % 50}`,
      `m${Math.floor(at / 50) % 20}`,
      `d${Math.floor(at / 1000)}`,
    );
    if (index % perFolder === 0) mkdirSync(path, { recursive: true });
    // Each file begins differently.
    const content = Buffer.concat([Buffer.from(`${folder}${index}`), bytes.subarray(0, sizeOf(index))]);
    writeFileSync(join(path, `f${index % perFolder}.js`), content);
    total += content.length;
  }
  return total;
}

try {
  writeFileSync(join(root, 'Dockerfile'), 'FROM scratch\nCOPY . /\n');
  writeFileSync(join(root, '.dockerignore'), '.git\nignored\n*.log\n**/*.tmp\n');
  const total = fill('src', files);
  fill('ignored', ignoredFiles);
  say(`${files} files, ${(total / 1e6).toFixed(0)} MB, and ${ignoredFiles} ignored ones`);
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const since = performance.now();
    const result = await fingerprint(plainRequest(root));
    if ('doubt' in result) throw new Error(result.doubt);
    times.push((performance.now() - since) / 1000);
  }
  const [first = 0, ...later] = times;
  later.sort((a, b) => a - b);
  const [fastest = 0, median = 0, slowest = 0] = [later[0], later[later.length >> 1], later.at(-1)];
  say(
    `First ${first.toFixed(2)} s, then median ${median.toFixed(2)} s (${fastest.toFixed(2)} to ${slowest.toFixed(2)})`,
  );
} finally {
  rmSync(root, { recursive: true, force: true });
}
