import type { BuildVertex } from '../record.ts';
import { historyEntries } from './build-history.ts';

interface Work {
  name: string;
  cached: boolean;
  /** Milliseconds since 1970. */
  intervals: [number, number][];
}

/**
 * What a build spent its time on: merges the lines of `--progress rawjson` by vertex, in the order of their first
 * start; intervals that overlap count once, and entries that are none are left out.
 * Source: github.com/moby/buildkit, client.SolveStatus.
 */
export function vertices(lines: Iterable<string>): BuildVertex[] {
  const byDigest = new Map<string, Work>();
  for (const line of lines) for (const entry of historyEntries(line, 'vertexes')) merge(byDigest, entry);
  const first = ({ intervals }: Work) => Math.min(...intervals.map(([start]) => start));
  const shown = [...byDigest.values()]
    .filter(({ name, intervals }) => intervals.length > 0 && !name.startsWith('[internal] load .docker'))
    .sort((a, b) => first(a) - first(b));
  const origin = shown[0] ? first(shown[0]) : 0;
  return shown.map((work) => ({
    name: work.name,
    kind: kindOf(work.name),
    cached: work.cached,
    ms: united(work.intervals),
    startMs: Math.round(first(work) - origin),
  }));
}

/** A vertex comes again whenever something about it changes. */
function merge(byDigest: Map<string, Work>, entry: Record<string, unknown>): void {
  const { digest, name, started, completed, cached } = entry;
  if (typeof digest !== 'string' || digest === '' || !['string', 'undefined'].includes(typeof name)) return;
  const work: Work = byDigest.get(digest) ?? { name: '', cached: false, intervals: [] };
  if (typeof name === 'string') work.name = name;
  work.cached ||= cached === true;
  const interval: [number, number] = [timeOf(started), timeOf(completed)];
  if (interval.every(Number.isFinite)) work.intervals.push(interval);
  byDigest.set(digest, work);
}

function timeOf(value: unknown): number {
  return typeof value === 'string' ? Date.parse(value) : Number.NaN;
}

/** Milliseconds covered by at least one interval. */
function united(intervals: readonly [number, number][]): number {
  let total = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const [start, end] of [...intervals].sort((a, b) => a[0] - b[0])) {
    total += Math.max(0, end - Math.max(start, until));
    until = Math.max(until, end);
  }
  return Math.round(total);
}

function kindOf(name: string): BuildVertex['kind'] {
  const step = /^(?:\[[^\]]*\d+\/\d+\]\s+)?(RUN|COPY|ADD|FROM)\b/i.exec(name)?.[1]?.toUpperCase();
  if (step === 'RUN') return 'run';
  if (step === 'COPY') return 'copy';
  if (step === 'ADD') return 'add';
  if (step === 'FROM') return 'from';
  if (/^importing cache/.test(name)) return 'cache-import';
  if (/^exporting (cache|to (GitHub|registry|client|inline)\b.*cache)/i.test(name)) return 'cache-export';
  if (/^(exporting|pushing)/.test(name)) return 'export';
  if (/^\[(internal|context .*)\] load (build context|from client)/.test(name)) return 'context';
  return 'other';
}
