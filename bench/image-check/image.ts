import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { pack } from 'tar-stream';

/** A layer as registries hold it. */
export interface MadeLayer {
  digest: string;
  content: Buffer;
  /** Bytes of all files in it. */
  unpacked: number;
  files: number;
}

/** So many small files, and large ones of so many bytes each, below a folder. */
interface LayerSpec {
  folder: string;
  small: number;
  large: number[];
}

const POOL = 1 << 24;
/** As BuildKit and Docker write them. */
const LEVEL = 6;

/** An image of 250 MB with 20,000 small files: a base, a runtime, what was installed, and the code. */
const layersOf = (installed: string): readonly LayerSpec[] => [
  { folder: 'usr/lib', small: 1_500, large: [4e6, 2.5e6, 1.5e6] },
  { folder: 'usr/local/bin', small: 0, large: [110e6] },
  { folder: installed, small: 20_000, large: [12e6, 8e6] },
  { folder: 'app/src', small: 100, large: [] },
];

/**
 * The same image each time, from a seed. The lowest layer comes first.
 * @param installed where the 20,000 files are, without a leading `/`
 */
export async function makeLayers(installed: string): Promise<MadeLayer[]> {
  const random = randomNumbers(42);
  const pools = { text: textPool(random), program: programPool(random) };
  return await Promise.all(layersOf(installed).map(async (spec) => await makeLayer(spec, pools, random)));
}

async function makeLayer(
  { folder, small, large }: LayerSpec,
  pools: { text: Buffer; program: Buffer },
  random: () => number,
): Promise<MadeLayer> {
  const tar = pack();
  let unpacked = 0;
  const add = (name: string, mode: number, content: Buffer): void => {
    unpacked += content.length;
    tar.entry({ name, mode }, content);
  };
  for (let index = 0; index < small; index += 1) {
    const place = `${folder}/package-${Math.floor(index / 40)}/${index % 3 === 0 ? 'lib' : 'dist/internal'}`;
    add(`${place}/file-${index}.js`, 0o644, slice(pools.text, smallSize(random), random));
  }
  for (const [index, size] of large.entries()) {
    const name = `${folder}/program-${index}`;
    const parts = Array.from({ length: Math.ceil(size / POOL) }, (_, at) =>
      slice(pools.program, Math.min(POOL - 1, size - at * POOL), random),
    );
    add(name, 0o755, Buffer.concat([Buffer.from('7f454c4602010100', 'hex'), ...parts]));
  }
  tar.finalize();
  const pieces: Uint8Array[] = [];
  for await (const piece of tar) pieces.push(piece as Uint8Array);
  const content = await promisify(gzip)(Buffer.concat(pieces), { level: LEVEL });
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  return { digest, content, unpacked, files: small + large.length };
}

/** Bytes of a file as in node_modules: mean some 6 KB, half of them under 2 KB. */
function smallSize(random: () => number): number {
  return Math.min(150_000, Math.round(300 + 1_600 * (1 / (1 - random() * 0.995) ** 0.85 - 0.6)));
}

function slice(pool: Buffer, size: number, random: () => number): Buffer {
  const from = Math.floor(random() * (pool.length - size));
  return pool.subarray(from, from + size);
}

/** Words of which few are frequent, and lines that come again, as in source code: gzip makes a quarter of it. */
function textPool(random: () => number): Buffer {
  const letters = 'etaoinsrhldcumfpgwybvkxjqz';
  const word = (): string =>
    Array.from(
      { length: 2 + Math.floor(random() * 9) },
      () => letters[Math.floor(random() ** 2 * 26)] ?? 'e',
    ).join('');
  const words = Array.from({ length: 6_000 }, word);
  const between = [' ', ' ', '(', ') ', '.', ';\n  ', ', ', ' = ', ' => {\n    ', "'", '}\n', '[0]'];
  const pick = (list: readonly string[], power: number): string =>
    list[Math.floor(random() ** power * list.length)] ?? '';
  return fill(random, 0.35, () => Buffer.from(pick(words, 6) + pick(between, 1)));
}

/** Instructions of which few are frequent, and sequences that come again: gzip makes some 0.4 of it. */
function programPool(random: () => number): Buffer {
  const instructions = Array.from({ length: 3_000 }, () => Math.floor(random() * 2 ** 32));
  return fill(random, 0.05, () => {
    const instruction = Buffer.alloc(5);
    instruction.writeUInt32LE(instructions[Math.floor(random() ** 9 * instructions.length)] ?? 0);
    instruction[4] = random() < 0.6 ? 0 : Math.floor(random() ** 2 * 256);
    return instruction;
  });
}

/** Puts pieces after one another, and by this chance some of what came shortly before. */
function fill(random: () => number, again: number, next: () => Buffer): Buffer {
  const pool = Buffer.alloc(POOL);
  for (let at = 0; at < POOL; ) {
    const back = Math.floor(random() ** 2 * 30_000);
    const piece =
      random() < again && back < at
        ? Buffer.from(pool.subarray(at - back, at - back + 10 + Math.floor(random() * Math.min(back, 60))))
        : next();
    at += piece.copy(pool, at);
  }
  return pool;
}

/** Mulberry32: the same numbers for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
