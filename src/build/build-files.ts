import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCacheStore } from '../github/cache.ts';
import type { Environment } from '../github/inputs.ts';
import type { BuildSources } from './misses.ts';

/** Above this many files only the top folders are kept. */
const mostFiles = 20_000;
/** It may take as long as a short build; beyond that nobody waits for it. */
const restoreLimit = 10_000;
const saveLimit = 20_000;

/** Where the list of a build's files is kept from one build to the next. */
export interface FilesPlace {
  folder: string;
  /** What all keys of this image start with. */
  prefix: string;
  /** A folder of this machine that stays; otherwise GitHub's cache. */
  stays: boolean;
}

/**
 * The place for an image's list: a folder where the machine stays (DEPLOY_LAMBDA_STATE), else GitHub's cache.
 * @param scope names the image among those of the repository, as for the layer cache
 * @returns undefined where there is neither
 */
export function filesPlace(scope: string, runnerTemp: string, env: Environment): FilesPlace | undefined {
  const name = `build-files-${createHash('sha256').update(scope).digest('hex').slice(0, 8)}`;
  const prefix = `build-files-1-${scope.replaceAll(/[^\w./-]+/g, '-')}-`;
  if (env.DEPLOY_LAMBDA_STATE) return { folder: join(env.DEPLOY_LAMBDA_STATE, name), prefix, stays: true };
  return openCacheStore().isAvailable()
    ? { folder: join(runnerTemp, name), prefix, stays: false }
    : undefined;
}

/** The list of the build before; undefined where there is none. Never throws. */
export async function recallFiles(place: FilesPlace): Promise<BuildSources | undefined> {
  try {
    if (!place.stays) {
      const options = { restoreKeys: [place.prefix], timeout: restoreLimit };
      if (!(await openCacheStore().restore(place.folder, `${place.prefix}-`, options))) return undefined;
    }
    return readSources(await readFile(join(place.folder, 'files'), 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Writes the list of this build.
 * @returns the key under which post is to save the folder; '' where nothing is left to do
 */
export async function noteFiles(place: FilesPlace, sources: BuildSources): Promise<string> {
  const text = writeSources(sources);
  await mkdir(place.folder, { recursive: true });
  await writeFile(join(place.folder, 'files'), text);
  return place.stays ? '' : place.prefix + createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** What `post` is told of a list in GitHub's cache. */
export interface KeptFiles {
  folder: string;
  /** '' where there is nothing to save. */
  key: string;
}

/** Saves the list and removes its folder, in post. Never throws: it only explains. */
export async function leaveFiles({ folder, key }: KeptFiles): Promise<void> {
  const store = openCacheStore();
  if (key !== '' && store.isAvailable() && store.isWritable())
    await store.save(folder, key, { timeout: saveLimit }).catch(() => undefined);
  await rm(folder, { recursive: true, force: true }).catch(() => {});
}

/** One line a file, after the Dockerfile as JSON text. */
export function writeSources({ dockerfile, files }: BuildSources): string {
  const lines = [...files].map(([path, digest]) => `${digest} ${JSON.stringify(path)}`);
  return `${[JSON.stringify(dockerfile), ...lines].join('\n')}\n`;
}

/** Reads what `writeSources` wrote; undefined where it is anything else. */
export function readSources(text: string): BuildSources | undefined {
  try {
    const [first = '', ...lines] = text.split('\n');
    const dockerfile: unknown = JSON.parse(first);
    if (typeof dockerfile !== 'string') return undefined;
    const files = new Map<string, string>();
    for (const line of lines) {
      const [, digest, path] = /^([0-9a-f]+) (".*")$/.exec(line) ?? [];
      if (digest !== undefined && path !== undefined) files.set(String(JSON.parse(path)), digest);
    }
    return { dockerfile, files };
  } catch {
    return undefined;
  }
}

/**
 * Short digests of files by path; of very many files those of their top folders.
 * @param digests of the files' content, 64 hex digits, in the order of their paths
 */
export function compactFiles(digests: ReadonlyMap<string, string>, most = mostFiles): Map<string, string> {
  if (digests.size <= most) return new Map([...digests].map(([path, digest]) => [path, digest.slice(0, 12)]));
  const folders = new Map<string, ReturnType<typeof createHash>>();
  for (const [path, digest] of digests) {
    const top = path.split('/')[0] ?? '';
    const hash = folders.get(top) ?? createHash('sha256');
    folders.set(top, hash.update(`${path} ${digest}\n`));
  }
  return new Map([...folders].map(([top, hash]) => [top, hash.digest('hex').slice(0, 12)]));
}
