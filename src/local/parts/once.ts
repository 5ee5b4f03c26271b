import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const STAMP = '.made-of';

/**
 * Makes a folder once. The work is done beside it and renamed into place when complete, so that an interrupted
 * set-up is repeated from the start and a completed one is never touched.
 * @param recipe what the folder is made of; another text makes it anew
 * @param make fills the empty folder that it is given; where it throws, nothing stays
 * @returns `target`
 */
export async function madeOnce(
  target: string,
  recipe: string,
  make: (draft: string) => Promise<void>,
): Promise<string> {
  if (await isMade(target, recipe)) return target;
  const draft = `${target}.draft`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  try {
    await make(draft);
    await writeFile(join(draft, STAMP), recipe);
    await rm(target, { recursive: true, force: true });
    await rename(draft, target);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return target;
}

/** Whether `madeOnce` has completed this folder by this recipe. */
export async function isMade(target: string, recipe: string): Promise<boolean> {
  return (await readText(join(target, STAMP))) === recipe;
}

/** A text file's content; undefined where it cannot be read. */
export async function readText(path: string): Promise<string | undefined> {
  return existsSync(path) ? await readFile(path, 'utf8').catch(() => undefined) : undefined;
}

/**
 * A JSON file that this project wrote, trusted to have the shape `T`; undefined where it is missing or broken.
 */
export async function readState<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

/** Writes a JSON file in one step, readable by its owner only (the registry's holds a password). */
export async function writeState(path: string, state: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.tmp`;
  await writeFile(draft, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, path);
}
