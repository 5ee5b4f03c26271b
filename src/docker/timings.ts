import type { BuildVertex } from '../record.ts';
import { type Docker, runDocker } from './command.ts';

/** A vertex in BuildKit's progress; it comes again whenever something about it changes. */
interface VertexLine {
  digest?: string;
  name?: string;
  started?: string;
  completed?: string;
  cached?: boolean;
}

interface Work {
  name: string;
  cached: boolean;
  /** Milliseconds since 1970. */
  intervals: [number, number][];
}

/**
 * What a build spent its time on, replayed from the builder's history after the build.
 * @param ref `buildx.build.ref` of the metadata file
 * @returns empty where the builder tells nothing: a measurement never fails a build
 */
export async function buildVertices(docker: Docker, ref: string): Promise<BuildVertex[]> {
  const id = ref.split('/').pop();
  const builder = ref.split('/')[0];
  if (!id || !builder) return [];
  const lines: string[] = [];
  const keep = (line: string): void => {
    lines.push(line);
  };
  try {
    await runDocker(
      docker,
      ['buildx', '--builder', builder, 'history', 'logs', id, '--progress', 'rawjson'],
      { onStdout: keep, onStderr: keep, timeout: 10_000 },
    );
    return vertices(lines);
  } catch {
    return [];
  }
}

/**
 * Merges the lines of `--progress rawjson` by vertex, in the order of their first start; intervals that overlap
 * count once. Source: github.com/moby/buildkit, client.SolveStatus.
 */
export function vertices(lines: Iterable<string>): BuildVertex[] {
  const byDigest = new Map<string, Work>();
  for (const line of lines) for (const vertex of parseLine(line)) merge(byDigest, vertex);
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

function parseLine(line: string): VertexLine[] {
  if (!line.startsWith('{')) return [];
  try {
    const { vertexes } = JSON.parse(line) as { vertexes?: VertexLine[] };
    return Array.isArray(vertexes) ? vertexes : [];
  } catch {
    return [];
  }
}

function merge(byDigest: Map<string, Work>, { digest, name, started, completed, cached }: VertexLine): void {
  if (!digest) return;
  const work: Work = byDigest.get(digest) ?? { name: '', cached: false, intervals: [] };
  work.name = name ?? work.name;
  work.cached ||= cached ?? false;
  const interval: [number, number] = [Date.parse(started ?? ''), Date.parse(completed ?? '')];
  if (interval.every(Number.isFinite)) work.intervals.push(interval);
  byDigest.set(digest, work);
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
