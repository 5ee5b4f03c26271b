import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A named stretch of time; `start` and `end` are ISO 8601 in UTC. */
export interface StepTiming {
  name: string;
  start: string;
  end: string;
}

/** One BuildKit vertex that did work for the user: RUN, COPY, ADD, FROM, or an export. */
export interface BuildVertex {
  /** As BuildKit prints it: `[builder 3/5] RUN npm ci`. */
  name: string;
  kind: 'from' | 'run' | 'copy' | 'add' | 'context' | 'export' | 'cache-import' | 'cache-export' | 'other';
  cached: boolean;
  /** Time worked on it in milliseconds; overlapping intervals count once. */
  ms: number;
  /** When it was first at work, in milliseconds after the first vertex of the build. */
  startMs?: number;
}

/** Why a RUN, COPY or ADD did not come from the cache. */
export interface CacheMiss {
  /** Name of the vertex. */
  vertex: string;
  /** Line in the Dockerfile, from 1; 0 where it is not known. */
  line: number;
  ms: number;
  /** One sentence: what changed, or that this is not known. */
  because: string;
  /** Files in the context that changed, relative to it; the first few of `changedFiles`. */
  files: string[];
  changedFiles: number;
}

/** What the doctor found: in the project's files, in the image, or in a build's times. */
export interface Finding {
  /** `dockerignore-missing` */
  rule: string;
  level: 'error' | 'warning' | 'notice';
  /** Relative to the workspace; '' where it is about no file. */
  file: string;
  /** From 1; 0 where it is about the whole file. */
  line: number;
  /** One sentence each: why it hurts, and what to write instead. */
  why: string;
  instead: string;
}

export interface ImageRecord {
  /** `REGISTRY/REPOSITORY@sha256:...` */
  uri: string;
  digest: string;
  mediaType: string;
  /** `amd64` or `arm64`. */
  architecture: string;
  /** Compressed size of config and layers in bytes: what Lambda pulls. */
  bytes: number;
  /** Compressed layers, lowest first, each with the instruction that made it as the image's history has it. */
  layers: { digest: string; bytes: number; createdBy?: string }[];
}

export interface BuildRecord {
  /** `planned`: dry-run, nothing was built. */
  result: 'built' | 'reused' | 'planned' | 'failed';
  /** Why it was built or reused, one sentence. */
  reason: string;
  tags: string[];
  vertices: BuildVertex[];
  /** Absent where it was not looked at. */
  misses?: CacheMiss[];
}

export interface CacheRecord {
  kind: 'gha' | 'registry' | 'off';
  /** RUN, COPY and ADD vertices that BuildKit took from a cache, of `total`. */
  hits: number;
  total: number;
  /** Time that the export took beside the deploy, in milliseconds; 0 where nothing was exported or it still runs. */
  ms: number;
}

/** What was done with the Dockerfile's cache mounts, and what it cost and saved. */
export interface CacheMountsRecord {
  mode: 'auto' | 'true' | 'false';
  /** What was decided and from which figures, one sentence. */
  reason: string;
  /** Ids of the mounts. */
  mounts: string[];
  /** Files whose content the key comes from. */
  lockfiles: string[];
  /** Milliseconds and compressed bytes. */
  restore?: { ms: number; bytes: number };
  save?: { ms: number; bytes: number };
  /** Milliseconds that the RUNs took in this build; absent where all of them came from the cache. */
  installMs?: number;
  /** Medians of the builds so far, in milliseconds, all RUNs together. */
  known: { coldMs?: number; warmMs?: number; restoreMs?: number; saveMs?: number };
  /** What a restore was expected to save, in milliseconds. */
  gainMs?: number;
}

/** One call of the smoke test. */
export interface SmokeAttempt {
  /** A version number, an alias, `$LATEST`, or the host of a URL. */
  qualifier: string;
  path: string;
  /** HTTP status in the function's answer; 0 where there was none. */
  status: number;
  /** The first 500 characters of the body. */
  body: string;
  ok: boolean;
  /** Why it does not count as passed; empty when ok. */
  problem: string;
  /** Time as the caller saw it, in milliseconds. */
  ms: number;
  /** Cold start from the REPORT line (Init Duration) in milliseconds; absent on a warm start. */
  initMs?: number;
}

export type DeployResult = 'deployed' | 'unchanged' | 'planned' | 'rolled-back' | 'failed';

export interface FunctionRecord {
  function: string;
  arn: string;
  alias: string;
  result: DeployResult;
  version: string;
  previousVersion: string;
  /** What was waited for on the side of Lambda. */
  waits: { for: string; ms: number }[];
  smoke: SmokeAttempt[];
  initMs?: number;
  /** From the REPORT line of the last smoke test that had one: milliseconds and MB. */
  durationMs?: number;
  memoryMb?: number;
  maxMemoryMb?: number;
  /** The function's URL; absent where it has none. */
  url?: string;
  /** The cause of a failed smoke test, where the evidence shows one. */
  diagnosis?: { cause: string; sentence: string; cure: string };
  /** One sentence each, in order: why it ended as it did. */
  reasons: string[];
}

/** What a run measured and did: the only thing beside step outputs that passes from step to step. */
export interface RunRecord {
  schema: 1;
  steps: StepTiming[];
  build?: BuildRecord;
  image?: ImageRecord;
  cache?: CacheRecord;
  cacheMounts?: CacheMountsRecord;
  deploy?: FunctionRecord[];
  findings?: Finding[];
  result?: DeployResult | BuildRecord['result'];
  reasons: string[];
}

/** An empty record. */
export function newRecord(): RunRecord {
  return { schema: 1, steps: [], reasons: [] };
}

/**
 * A path for a new record in the runner's temporary folder, its own for each run of the action in a job.
 * @param runnerTemp RUNNER_TEMP
 */
export function newRecordPath(runnerTemp: string): string {
  return join(runnerTemp, 'deploy-lambda-container', `record-${randomUUID().slice(0, 8)}.json`);
}

/**
 * Reads a record.
 * @throws Error where the file cannot be read or is not a record of schema 1
 */
export async function readRecord(path: string): Promise<RunRecord> {
  const parsed: unknown = JSON.parse(await readFile(path, 'utf8'));
  if (typeof parsed !== 'object' || parsed === null || (parsed as RunRecord).schema !== 1)
    throw new Error(`${path} is not a run record of schema 1`);
  return parsed as RunRecord;
}

/** Writes a record in one step, so that a reader never sees half of it. */
export async function writeRecord(path: string, record: RunRecord): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(draft, `${JSON.stringify(record, null, 2)}\n`);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/**
 * Runs `work` and notes its time under `name`, also when it fails.
 * @returns what `work` returns
 */
export async function timed<T>(record: RunRecord, name: string, work: () => Promise<T>): Promise<T> {
  const start = new Date().toISOString();
  try {
    return await work();
  } finally {
    record.steps.push({ name, start, end: new Date().toISOString() });
  }
}
