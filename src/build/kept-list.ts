import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCacheStore } from '../github/cache.ts';

/** Milliseconds. A restore may take as long as a short build; beyond that nobody waits for it. */
const restoreLimit = 5_000;
const saveLimit = 30_000;

/** Where a small text is kept from one run to the next. */
export interface ListPlace {
  folder: string;
  /** The text's name in it. */
  file: string;
  /** First part of the keys in GitHub's cache; '' where the folder itself lasts. */
  keyPrefix: string;
}

/** What `post` is told of a list in GitHub's cache; plain data, since it passes as text. */
export interface KeptList {
  folder: string;
  /** The key to save the folder under; '' where there is no news. */
  key: string;
}

/** A list in a folder of this machine that lasts. */
export function lastingPlace(folder: string, file: string): ListPlace {
  return { folder, file, keyPrefix: '' };
}

/**
 * A list in GitHub's cache.
 * @param name of the kind of list with its version: a list of another version is not found
 * @param scope names the list among those of its kind in the repository
 * @returns undefined where the job is not offered the cache
 */
export function cachedPlace(
  name: string,
  scope: string,
  runnerTemp: string,
  file: string,
): ListPlace | undefined {
  if (!openCacheStore().isAvailable()) return undefined;
  const unique = `${name}-${createHash('sha256').update(scope).digest('hex').slice(0, 12)}`;
  return { folder: join(runnerTemp, unique), file, keyPrefix: `${unique}-` };
}

/** What post is told before the folder exists, so that it is removed whatever happens; undefined where it lasts. */
export function announced({ folder, keyPrefix }: ListPlace): KeptList | undefined {
  return keyPrefix === '' ? undefined : { folder, key: '' };
}

/** The text that was kept last; undefined where there is none. Never throws: without it there is more to do. */
export async function recallList({ folder, file, keyPrefix }: ListPlace): Promise<string | undefined> {
  try {
    if (keyPrefix !== '') {
      const options = { restoreKeys: [keyPrefix], timeout: restoreLimit };
      // No list has the key itself: the newest is wanted.
      if (!(await openCacheStore().restore(folder, `${keyPrefix}none`, options))) return undefined;
    }
    return await readFile(join(folder, file), 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Writes a text in one step, so that another run never reads half of it.
 * @returns what post is to be told; undefined where nothing is left to do
 * @throws Error where the folder cannot be written
 */
export async function noteList(
  { folder, file, keyPrefix }: ListPlace,
  text: string,
): Promise<KeptList | undefined> {
  await mkdir(folder, { recursive: true });
  const draft = join(folder, `${file}.${process.pid}`);
  await writeFile(draft, text);
  await rename(draft, join(folder, file));
  if (keyPrefix === '') return undefined;
  return { folder, key: keyPrefix + createHash('sha256').update(text).digest('hex').slice(0, 16) };
}

/** Saves a list to GitHub's cache where it is news, and removes its folder, in post. Never throws. */
export async function leaveList({ folder, key }: KeptList): Promise<void> {
  const store = openCacheStore();
  if (key !== '' && store.isAvailable() && store.isWritable())
    await store.save(folder, key, { timeout: saveLimit }).catch(() => undefined);
  await rm(folder, { recursive: true, force: true }).catch(() => {});
}
