import { flagValues } from '../docker/dockerfile-lines.ts';
import { mountOptions, readStages } from '../docker/dockerfile-stages.ts';
import { managers } from '../docker/installers/facts.ts';
import { installOf } from '../docker/installers/read.ts';
import { shellCommands } from '../docker/shell-words.ts';
import { formatBytes, formatMs } from '../format.ts';
import type { BuildVertex, CacheMiss, Finding } from '../record.ts';

/** Below these nobody waits long enough to read about it. */
const slowInstall = 5_000;
const largeContext = 50e6;

/**
 * What would make the next build faster, by what this one took.
 * @param file the Dockerfile's path for people
 * @param sizes bytes of the context's files by path; empty where they are not known
 */
export function slowFindings(
  dockerfile: string,
  file: string,
  {
    misses,
    vertices,
    sizes,
  }: { misses: readonly CacheMiss[]; vertices: readonly BuildVertex[]; sizes: ReadonlyMap<string, number> },
): Finding[] {
  return [...slowInstalls(dockerfile, file, misses), ...contextFinding(vertices, sizes)];
}

function slowInstalls(dockerfile: string, file: string, misses: readonly CacheMiss[]): Finding[] {
  const instructions = readStages(dockerfile).stages.flatMap((stage) => stage.instructions);
  return misses.flatMap(({ line, ms }) => {
    const run =
      ms < slowInstall ? undefined : instructions.find((one) => one.line === line && one.name === 'RUN');
    if (!run || flagValues(run.rest, 'mount').some((mount) => mountOptions(mount).get('type') === 'cache'))
      return [];
    const install = shellCommands(run.rest.replace(/^\s*(--\S+\s+)*/, '')).flatMap(
      (command) => installOf(command, new Map()) ?? [],
    )[0];
    if (!install) return [];
    return [
      {
        rule: 'slow-install',
        level: 'notice' as const,
        ...{ file, line },
        why: `This installation took ${formatMs(ms)} and has no cache mount, so that each change of what it installs downloads all of it again.`,
        instead: `Write \`RUN --mount=type=cache,target=${managers[install.manager].cache} ...\`.`,
      },
    ];
  });
}

function contextFinding(vertices: readonly BuildVertex[], sizes: ReadonlyMap<string, number>): Finding[] {
  const folders = new Map<string, number>();
  for (const [path, bytes] of sizes) {
    const top = path.includes('/') ? `${path.split('/')[0]}/` : path;
    folders.set(top, (folders.get(top) ?? 0) + bytes);
  }
  const total = [...folders.values()].reduce((sum, bytes) => sum + bytes, 0);
  if (total < largeContext) return [];
  const largest = [...folders].sort((a, b) => b[1] - a[1]).slice(0, 3);
  const ms = vertices.filter(({ kind }) => kind === 'context').reduce((sum, vertex) => sum + vertex.ms, 0);
  return [
    {
      rule: 'large-context',
      level: 'notice',
      file: '',
      line: 0,
      why: `The build context is ${formatBytes(total)}${ms > 0 ? `, and to send what was needed of it took ${formatMs(ms)}` : ''}: ${largest.map(([name, bytes]) => `${name} ${formatBytes(bytes)}`).join(', ')}.`,
      instead: 'Leave to the .dockerignore what no step needs.',
    },
  ];
}
