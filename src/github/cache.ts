import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeployError } from '../errors.ts';
import { mayWriteCache } from './cache-token.ts';

/** Why GitHub's cache did not do what it was asked; to be told in one line, never to fail a job. */
export class CacheError extends DeployError {
  /** True where the service answered, but with an archive that cannot be unpacked. */
  readonly isBadArchive: boolean;

  constructor(message: string, hint = '', options?: ErrorOptions) {
    super(message, hint, options);
    this.isBadArchive = /tar" failed|Incomplete download/.test(message);
  }
}

/** GitHub's cache of folders, an archive a key. */
export interface CacheStore {
  /** Whether this job is offered the service. */
  isAvailable(): boolean;
  /** Whether it may save, as far as that can be known beforehand. */
  isWritable(): boolean;
  /**
   * The key that a restore would take, without downloading.
   * @throws CacheError
   */
  find(folder: string, key: string, options: CacheOptions): Promise<string | undefined>;
  /**
   * Unpacks the entry of `key`, else the newest whose key starts with one of `restoreKeys`.
   * @returns undefined where there is none
   * @throws CacheError
   */
  restore(
    folder: string,
    key: string,
    options: CacheOptions,
  ): Promise<{ key: string; bytes: number } | undefined>;
  /**
   * @returns the archive's size in bytes
   * @throws CacheError
   */
  save(folder: string, key: string, options: Pick<CacheOptions, 'timeout'>): Promise<{ bytes: number }>;
}

export interface CacheOptions {
  restoreKeys?: readonly string[];
  /** Milliseconds; what goes on after that is left alone and ends with the process. */
  timeout: number;
}

/**
 * The store of this job, by `@actions/cache` (tar and zstd; v1 and v2 of the service). The library needs the job's own
 * environment: ACTIONS_RESULTS_URL, ACTIONS_RUNTIME_TOKEN, GITHUB_SERVER_URL, RUNNER_TEMP. An entry is found only
 * under the same path of its folder as it was saved from.
 */
export function openCacheStore(): CacheStore {
  return {
    isAvailable: () =>
      Boolean(process.env.ACTIONS_RUNTIME_TOKEN) &&
      Boolean(process.env.ACTIONS_RESULTS_URL || process.env.ACTIONS_CACHE_URL),
    isWritable: () => mayWriteCache(process.env),
    async find(folder, key, { restoreKeys = [], timeout }) {
      const { result } = await quietly(timeout, async (library) =>
        library.restoreCache([folder], key, [...restoreKeys], { lookupOnly: true }),
      );
      return result;
    },
    async restore(folder, key, { restoreKeys = [], timeout }) {
      const { result, lines } = await quietly(timeout, async (library) =>
        library.restoreCache([folder], key, [...restoreKeys], {
          // A stalled segment is not waited for longer than all of it may take.
          segmentTimeoutInMs: timeout,
          timeoutInMs: Math.min(timeout, 30_000),
        }),
      );
      return result === undefined ? undefined : { key: result, bytes: sizeIn(lines) };
    },
    async save(folder, key, { timeout }) {
      const { result, lines } = await quietly(timeout, async (library) => library.saveCache([folder], key));
      if (result === -1) throw new CacheError('it was not saved');
      return { bytes: sizeIn(lines) };
    },
  };
}

/** What the library writes while it works for us is collected here, by the asynchronous calls that come of it. */
const collected = new AsyncLocalStorage<string[]>();
let writes: typeof process.stdout.write | undefined;

/**
 * Runs the library with its lines kept from the log. It turns most failures into a warning, a server's into an error
 * annotation on the job, and returns as if nothing was found: its lines are the only place where the reason stands.
 */
async function quietly<T>(
  timeout: number,
  work: (library: typeof import('@actions/cache')) => Promise<T>,
): Promise<{ result: T; lines: string[] }> {
  collectWrites();
  // Imported where it is used: loading it takes a tenth of a second.
  const library = await import('@actions/cache');
  const leave = enterTemp();
  const lines: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new CacheError(`GitHub's cache did not answer within ${Math.ceil(timeout / 1000)} s`)),
      timeout,
    );
  });
  try {
    const result = await Promise.race([collected.run(lines, () => work(library)), late]);
    const failure = reasonIn(lines);
    if (failure !== '') throw new CacheError(failure);
    return { result, lines };
  } catch (error) {
    if (error instanceof CacheError) throw error;
    throw new CacheError(error instanceof Error ? error.message : String(error), '', { cause: error });
  } finally {
    clearTimeout(timer);
    await leave();
  }
}

/** The folder that the library takes for the runner's while it works for us. */
let shared: { folder: string; before: string | undefined; users: number } | undefined;

/**
 * The library leaves its temporary folders behind, so it is given one that is removed: one for all that work at the
 * same time, since it reads the place from the environment.
 * @returns what to call at the end
 */
function enterTemp(): () => Promise<void> {
  if (!shared) {
    const before = process.env.RUNNER_TEMP;
    const parent = tempParent(before);
    mkdirSync(parent, { recursive: true });
    shared = { folder: mkdtempSync(join(parent, TEMP)), before, users: 0 };
    process.env.RUNNER_TEMP = shared.folder;
  }
  const entered = shared;
  entered.users += 1;
  return async () => {
    entered.users -= 1;
    if (entered.users > 0) return;
    shared = undefined;
    if (entered.before === undefined) delete process.env.RUNNER_TEMP;
    else process.env.RUNNER_TEMP = entered.before;
    await rm(entered.folder, { recursive: true, force: true }).catch(() => undefined);
  };
}

const TEMP = 'cache-';

function tempParent(runnerTemp: string | undefined): string {
  return join(runnerTemp || tmpdir(), 'deploy-lambda-container');
}

/** Removes what a process that did not wait for the library left of it. Never throws. */
export async function removeCacheTemp(runnerTemp: string | undefined): Promise<void> {
  const parent = tempParent(runnerTemp);
  const names = await readdir(parent).catch(() => []);
  const left = names.filter((name) => name.startsWith(TEMP));
  await Promise.all(
    left.map((name) => rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined)),
  );
}

function collectWrites(): void {
  if (writes) return;
  const original = process.stdout.write.bind(process.stdout);
  writes = original;
  process.stdout.write = ((chunk: string | Uint8Array, ...rest: []) => {
    const lines = collected.getStore();
    // A mask must reach the runner.
    if (!lines || String(chunk).startsWith('::add-mask::')) return original(chunk, ...rest);
    lines.push(...String(chunk).split('\n'));
    return true;
  }) as typeof process.stdout.write;
}

function reasonIn(lines: readonly string[]): string {
  const text = lines.find((line) => /^(::(warning|error)[^:]*::)?Failed to (restore|save): /.test(line));
  const finalize = lines.find((line) => /^::(warning|error)[^:]*::(?!You've hit)/.test(line));
  return (text ?? finalize ?? '')
    .replace(/^::\w+[^:]*::/, '')
    .replaceAll('%0A', ' ')
    .slice(0, 300);
}

/** Of `Cache Size: ~1 MB (N B)` (restore) or `File Size: N` (save). */
function sizeIn(lines: readonly string[]): number {
  const text = lines.map((line) => /Cache Size: .*\((\d+) B\)|File Size: (\d+)/.exec(line)).find(Boolean);
  return Number(text?.[1] ?? text?.[2] ?? 0);
}
