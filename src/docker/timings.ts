import type { BuildVertex } from '../record.ts';
import { type Docker, runDocker } from './command.ts';

/** One line of `--progress rawjson`. Source: moby/buildkit, client.SolveStatus. */
interface SolveStatus {
  vertexes?: { digest: string; name: string; started?: string; completed?: string; cached?: boolean }[];
}

interface Merged {
  name: string;
  cached: boolean;
  intervals: [number, number][];
}

/**
 * What a build spent its time on, from the builder's own history. A build is not failed by a history that cannot be
 * read: the list is then empty.
 * @param ref `buildx.build.ref` of the metadata file: `BUILDER/NODE/ID`
 */
export async function buildVertices(docker: Docker, ref: string): Promise<BuildVertex[]> {
  const [builder, , id] = ref.split('/');
  if (!builder || !id) return [];
  const lines: string[] = [];
  const { code } = await runDocker(
    docker,
    ['buildx', 'history', 'logs', id, '--builder', builder, '--progress', 'rawjson'],
    { timeout: 10_000, onStderr: (line) => lines.push(line), onStdout: (line) => lines.push(line) },
  );
  return code === 0 ? mergeVertices(lines) : [];
}

/**
 * Vertices from lines of `rawjson`. They repeat as they go on: merged by digest, their intervals united.
 * @param lines lines that are not JSON are passed over
 */
export function mergeVertices(lines: readonly string[]): BuildVertex[] {
  const merged = new Map<string, Merged>();
  for (const line of lines) {
    for (const vertex of parse(line).vertexes ?? []) {
      const entry = merged.get(vertex.digest) ?? { name: vertex.name, cached: false, intervals: [] };
      entry.cached ||= vertex.cached ?? false;
      if (vertex.started && vertex.completed)
        entry.intervals.push([Date.parse(vertex.started), Date.parse(vertex.completed)]);
      merged.set(vertex.digest, entry);
    }
  }
  return [...merged.values()].map(({ name, cached, intervals }) => ({
    name,
    kind: kindOf(name),
    cached,
    ms: united(intervals),
  }));
}

function parse(line: string): SolveStatus {
  try {
    return JSON.parse(line) as SolveStatus;
  } catch {
    return {};
  }
}

/** Length of the union of intervals, in milliseconds. */
function united(intervals: [number, number][]): number {
  let total = 0;
  let reached = Number.NEGATIVE_INFINITY;
  for (const [start, end] of [...intervals].sort((a, b) => a[0] - b[0])) {
    total += Math.max(0, end - Math.max(start, reached));
    reached = Math.max(reached, end);
  }
  return total;
}

function kindOf(name: string): BuildVertex['kind'] {
  const instruction = /^\[[^\]]*\] (FROM|RUN|COPY|ADD)\b/.exec(name)?.[1]?.toLowerCase();
  if (instruction) return instruction as 'from' | 'run' | 'copy' | 'add';
  if (name.startsWith('[internal]')) return 'context';
  if (name.startsWith('exporting cache')) return 'cache-export';
  if (name.startsWith('exporting')) return 'export';
  return name.startsWith('importing cache') ? 'cache-import' : 'other';
}
