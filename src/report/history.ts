import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CacheStore } from '../github/cache.ts';
import type { BuildVertex, RunRecord } from '../record.ts';

/** Runs of each kind that are kept. */
const KEPT = 10;
/** Vertices of a kept run: the longest. */
const KEPT_VERTICES = 100;
/** Bytes of the file that are read at most. */
const LONGEST_FILE = 4 * 1024 * 1024;
const FILE = 'runs.json';

/** Where the last runs of a branch are kept: an entry a run, found by prefix. */
export interface HistoryPlace {
  /** The same for all runs of a branch: the cache finds an entry only under the folder that it was saved from. */
  folder: string;
  prefix: string;
}

/** @param runnerTemp RUNNER_TEMP */
export function historyPlace(runnerTemp: string, key: string, branch: string): HistoryPlace {
  const name = createHash('sha256')
    .update(JSON.stringify([key, branch]))
    .digest('hex')
    .slice(0, 16);
  return {
    folder: join(runnerTemp, `deploy-lambda-container-runs-${name}`),
    prefix: `deploy-lambda-container-runs-${name}-`,
  };
}

/**
 * The last runs, oldest first; none where nothing was kept.
 * @param timeout milliseconds
 * @throws CacheError
 */
export async function readHistory(
  store: CacheStore,
  { folder, prefix }: HistoryPlace,
  timeout: number,
): Promise<RunRecord[]> {
  try {
    const found = await store.restore(folder, prefix, { restoreKeys: [prefix], timeout });
    if (!found) return [];
    const path = join(folder, FILE);
    if ((await stat(path)).size > LONGEST_FILE) return [];
    const { parseRecord } = await import('./record-check.ts');
    const runs: unknown = JSON.parse(await readFile(path, 'utf8'));
    return Array.isArray(runs) ? runs.flatMap((run) => parseRecord(run) ?? []) : [];
  } finally {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

/**
 * Keeps a run with those before it. Of two jobs that do so at once, one run may be missing from the next comparison.
 * @throws CacheError
 */
export async function writeHistory(
  store: CacheStore,
  { folder, prefix }: HistoryPlace,
  runs: readonly RunRecord[],
  timeout: number,
): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, FILE), JSON.stringify(runs));
    await store.save(folder, `${prefix}${Date.now()}`, { timeout });
  } finally {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Whether a run is something that later ones can be compared with. */
export function isKept({ result }: RunRecord): boolean {
  return result === 'deployed' || result === 'unchanged' || result === 'built' || result === 'reused';
}

/**
 * Adds a run to the earlier ones: the newest ten that built an image and the newest ten that did not, so that a week
 * of pushes that changed nothing does not leave the next build without anything to be compared with.
 */
export function addRun(earlier: readonly RunRecord[], run: RunRecord): RunRecord[] {
  const all = [...earlier, trimmed(run)];
  const built = (one: RunRecord): boolean => one.build?.result === 'built';
  const kept = new Set([...all.filter(built).slice(-KEPT), ...all.filter((one) => !built(one)).slice(-KEPT)]);
  return all.filter((one) => kept.has(one));
}

/** What a comparison needs of a run: no answers of the function, no findings, no files of the project. */
export function trimmed(run: RunRecord): RunRecord {
  const { findings: _findings, cacheMounts: _mounts, build, deploy, ...rest } = run;
  return {
    ...rest,
    reasons: [],
    ...(build && {
      build: { result: build.result, reason: '', tags: [], vertices: longest(build.vertices) },
    }),
    ...(deploy && {
      deploy: deploy.map(({ diagnosis: _diagnosis, url: _url, ...entry }) => ({
        ...entry,
        reasons: [],
        smoke: entry.smoke.map((attempt) => ({ ...attempt, body: '', problem: '' })),
      })),
    }),
  };
}

function longest(vertices: readonly BuildVertex[]): BuildVertex[] {
  // Exports always: their time is the push.
  const rank = ({ kind, ms }: BuildVertex): number => (kind === 'export' ? Number.POSITIVE_INFINITY : ms);
  return [...vertices]
    .sort((a, b) => (rank(b) > rank(a) ? 1 : rank(b) < rank(a) ? -1 : 0))
    .slice(0, KEPT_VERTICES);
}
