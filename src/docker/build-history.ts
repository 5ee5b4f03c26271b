import { type Docker, runDocker } from './command.ts';

/**
 * The progress of a build as its builder keeps it, replayed after the build: lines of `--progress rawjson`.
 * @param ref `buildx.build.ref` of the metadata file
 * @returns empty where the builder tells nothing: a measurement never fails a build
 */
export async function buildHistory(docker: Docker, ref: string): Promise<string[]> {
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
    return lines;
  } catch {
    return [];
  }
}

/**
 * The entries of one list in a line of rawjson, which are objects; none where the line holds anything else.
 * Source: github.com/moby/buildkit, client.SolveStatus.
 */
export function historyEntries(line: string, list: 'vertexes' | 'warnings'): Record<string, unknown>[] {
  if (!line.startsWith('{')) return [];
  try {
    const entries = (JSON.parse(line) as Record<string, unknown>)[list];
    return Array.isArray(entries) ? entries.filter((one) => typeof one === 'object' && one !== null) : [];
  } catch {
    return [];
  }
}
