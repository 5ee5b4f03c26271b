import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeployError } from '../../errors.ts';
import { identify, isAlive, type ProcessId } from './process.ts';

/**
 * Does work that only one process may do in this folder at a time; another one waits for it. A holder that has
 * died holds nothing.
 * @throws what `work` throws
 */
export async function withLock<T>(
  folder: string,
  say: (line: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'set-up.lock');
  const mine = identify(process.pid);
  if (!mine) throw new DeployError('The set-up cannot tell which process it runs in.');
  for (let tries = 0; !(await take(path, mine)); tries++) {
    if (tries === 10) say('Another process is setting up what is needed; waiting for it ...');
    await dropStale(path);
    await sleep(100);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

/** Writes the lock whole or not at all: a reader never sees one without its holder. */
async function take(path: string, mine: ProcessId): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify(mine));
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function holderOf(path: string): Promise<ProcessId | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as ProcessId);
}

/** Removes a dead process's lock. Renamed first: meanwhile another may have removed it and taken a new one. */
async function dropStale(path: string): Promise<void> {
  const holder = await holderOf(path);
  if (!holder || isAlive(holder)) return;
  const aside = `${path}.${randomUUID()}`;
  await rename(path, aside).catch(() => {});
  const removed = await holderOf(aside);
  if (removed && isAlive(removed)) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
}
