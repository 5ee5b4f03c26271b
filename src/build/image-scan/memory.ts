import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type CacheStore, openCacheStore } from '../../github/cache.ts';
import type { Environment } from '../../github/inputs.ts';

/** Another set of rules looks at every layer anew. */
const RULES = 1;
const FILE = 'layers.json';
const MOST = 2_000;
const RESTORE_MS = 5_000;
const SAVE_MS = 30_000;

/** Where it is remembered which layers were read and hold no secret; plain data, since `post` gets it as text. */
export interface MemoryPlace {
  /** Folder of `layers.json`. */
  folder: string;
  /** First part of the keys in GitHub's cache; '' where the folder itself lasts. */
  keyPrefix: string;
}

export interface Memory extends MemoryPlace {
  /** Digests, the newest last. A digest is the content: what was true of it stays true. */
  known: string[];
}

/**
 * In GitHub's cache where the job is offered it, else in the user's cache folder, which lasts on a machine of one's own.
 * @param scope whose layers they are
 */
export function memoryPlace(scope: string, env: Environment, runnerTemp: string): MemoryPlace {
  if (!openCacheStore().isAvailable()) {
    const home = env.XDG_CACHE_HOME || (env.HOME ? join(env.HOME, '.cache') : runnerTemp);
    return { folder: join(home, 'deploy-lambda-container'), keyPrefix: '' };
  }
  const name = createHash('sha256').update(scope).digest('hex').slice(0, 12);
  return { folder: join(runnerTemp, `image-scan-${name}`), keyPrefix: `image-scan-${RULES}-${name}-` };
}

/** Reads what is remembered. Never throws: without it more is read. */
export async function openMemory({ folder, keyPrefix }: MemoryPlace): Promise<Memory> {
  if (keyPrefix !== '') await restore(openCacheStore(), folder, keyPrefix);
  return { folder, keyPrefix, known: await readKnown(folder) };
}

async function restore(store: CacheStore, folder: string, keyPrefix: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await store.restore(folder, `${keyPrefix}none`, { restoreKeys: [keyPrefix], timeout: RESTORE_MS });
  } catch {
    // More is read.
  }
}

/** @returns the digests in a folder's memory; none where there is none or it is of other rules */
async function readKnown(folder: string): Promise<string[]> {
  try {
    const { rules, known } = Object(JSON.parse(await readFile(join(folder, FILE), 'utf8'))) as Record<
      string,
      unknown
    >;
    if (rules !== RULES || !Array.isArray(known)) return [];
    return known
      .filter((digest) => typeof digest === 'string' && /^sha256:[0-9a-f]{64}$/.test(digest))
      .slice(-MOST);
  } catch {
    return [];
  }
}

/** Writes the memory with more digests in it. Never throws. */
export async function remember(memory: Memory, digests: readonly string[]): Promise<void> {
  const known = [...new Set([...memory.known, ...digests])].slice(-MOST);
  const path = join(memory.folder, FILE);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.${process.pid}`, JSON.stringify({ rules: RULES, known }));
    await rename(`${path}.${process.pid}`, path);
  } catch {
    // More is read the next time.
  }
}

/** What `post` is told of a memory in GitHub's cache. */
export interface KeptMemory extends MemoryPlace {
  /** Whether it has grown. */
  news: boolean;
}

/** Saves a memory to GitHub's cache where it has grown, and removes its folder, in the post step. Never throws. */
export async function leaveMemory({ folder, keyPrefix, news }: KeptMemory): Promise<void> {
  if (news) {
    const known = await readKnown(folder);
    const key = keyPrefix + createHash('sha256').update(known.join()).digest('hex').slice(0, 16);
    await openCacheStore()
      .save(folder, key, { timeout: SAVE_MS })
      .catch(() => {});
  }
  await rm(folder, { recursive: true, force: true }).catch(() => {});
}
