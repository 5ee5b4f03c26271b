import * as z from 'zod/mini';
import type { RunRecord } from '../record.ts';

/*
 * The run record as a schema, for records that do not come from a step of the same job: a pull request's artifact and
 * a cache entry can hold anything. What is not named here is dropped, and every text, list and number has its bounds.
 */

const text = (most: number) => z.string().check(z.maxLength(most));
const amount = z.number().check(z.gte(0), z.lte(1e15));
const list = <T extends z.ZodMiniType>(entry: T, most: number) => z.array(entry).check(z.maxLength(most));
const moment = z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/));
const sentence = text(2_000);
const name = text(1_000);
const optional = z.optional;

const vertex = z.object({
  name,
  kind: z.enum(['from', 'run', 'copy', 'add', 'context', 'export', 'cache-import', 'cache-export', 'other']),
  cached: z.boolean(),
  ms: amount,
  startMs: optional(amount),
});
const miss = z.object({
  vertex: name,
  line: amount,
  ms: amount,
  because: sentence,
  files: list(name, 100),
  changedFiles: amount,
});
const finding = z.object({
  rule: text(100),
  level: z.enum(['error', 'warning', 'notice']),
  file: name,
  line: amount,
  why: sentence,
  instead: sentence,
});
const digest = z.string().check(z.regex(/^(sha256:[0-9a-f]{64})?$/));
const image = z.object({
  uri: name,
  digest,
  mediaType: text(200),
  architecture: text(50),
  bytes: amount,
  layers: list(z.object({ digest, bytes: amount, createdBy: optional(text(4_000)) }), 200),
});
const build = z.object({
  result: z.enum(['built', 'reused', 'planned', 'failed']),
  reason: sentence,
  tags: list(text(200), 100),
  vertices: list(vertex, 1_000),
  misses: optional(list(miss, 200)),
});
const cost = z.object({ ms: amount, bytes: amount });
const cacheMounts = z.object({
  mode: z.enum(['auto', 'true', 'false']),
  reason: sentence,
  mounts: list(name, 100),
  lockfiles: list(name, 100),
  restore: optional(cost),
  save: optional(cost),
  installMs: optional(amount),
  known: z.object({
    coldMs: optional(amount),
    warmMs: optional(amount),
    restoreMs: optional(amount),
    saveMs: optional(amount),
  }),
  gainMs: optional(z.number()),
});
const smoke = z.object({
  qualifier: text(200),
  path: name,
  status: amount,
  body: sentence,
  ok: z.boolean(),
  problem: sentence,
  ms: amount,
  initMs: optional(amount),
});
const deployResult = z.enum(['deployed', 'unchanged', 'planned', 'rolled-back', 'failed']);
const fn = z.object({
  function: text(300),
  arn: text(300),
  alias: text(200),
  result: deployResult,
  version: text(50),
  previousVersion: text(50),
  waits: list(z.object({ for: text(200), ms: amount }), 100),
  smoke: list(smoke, 50),
  initMs: optional(amount),
  durationMs: optional(amount),
  memoryMb: optional(amount),
  maxMemoryMb: optional(amount),
  url: optional(z.string().check(z.maxLength(500), z.regex(/^https?:\/\/[\w.:/-]*$/))),
  diagnosis: optional(z.object({ cause: text(100), sentence, cure: sentence })),
  reasons: list(sentence, 50),
});
const record = z.object({
  schema: z.literal(1),
  steps: list(z.object({ name, start: moment, end: moment }), 200),
  build: optional(build),
  image: optional(image),
  cache: optional(
    z.object({ kind: z.enum(['gha', 'registry', 'off']), hits: amount, total: amount, ms: amount }),
  ),
  cacheMounts: optional(cacheMounts),
  deploy: optional(list(fn, 50)),
  findings: optional(list(finding, 200)),
  result: optional(z.enum([...deployResult.options, ...build.shape.result.options])),
  reasons: list(sentence, 50),
});

/** A record from outside; undefined where it is none, or holds more than one of ours ever does. */
export function parseRecord(value: unknown): RunRecord | undefined {
  const parsed = record.safeParse(value);
  return parsed.success ? (parsed.data as RunRecord) : undefined;
}

/** A run as a pull request's job hands it on to the one that may comment. */
export interface HandedOn {
  pullRequest: number;
  /** Its comment. */
  key: string;
  /** The commit that was built, 40 hex digits. */
  commit: string;
  record: RunRecord;
}

const handedOn = z.object({
  schema: z.literal(1),
  pullRequest: z.int().check(z.gte(1), z.lte(2 ** 31)),
  key: text(2_000),
  commit: z.string().check(z.regex(/^[0-9a-f]{40}$/)),
  record,
});

/**
 * What an artifact of ours says.
 * @param json text from outside
 * @throws Error one line that says where it is not what it should be
 */
export function parseHandedOn(json: string): HandedOn {
  const parsed = handedOn.safeParse(JSON.parse(json));
  if (parsed.success) return parsed.data as HandedOn;
  const [issue] = parsed.error.issues;
  throw new Error(`it is no run record: ${issue?.path.join('.').slice(0, 200)} ${issue?.code ?? ''}`.trim());
}
