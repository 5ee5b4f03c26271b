import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeployError } from '../errors.ts';
import { type CacheMount, exportDockerfile, importDockerfile, type Tool } from './cache-mounts-dockerfile.ts';
import { type Docker, runDocker } from './command.ts';

export type { CacheMount } from './cache-mounts-dockerfile.ts';

/** The builder that has the mounts, and what the names in a Dockerfile mean to it. */
export interface MountBuilder {
  docker: Docker;
  /** For `--builder`. */
  name: string;
  platform: string;
  /** `NAME=value` */
  buildArgs: string[];
  buildContexts: string[];
}

/** A build of our own may take this long; then the user's goes on without it. */
const TIME_LIMIT_MS = 180_000;

/**
 * The cache mounts that a builder holds already, by their full ids (`/` + id, after `BUILDKIT_CACHE_MOUNT_NS`).
 * @throws DeployError where the builder does not say
 */
export async function presentMounts({ docker, name }: MountBuilder): Promise<Set<string>> {
  const { code, stdout, stderr } = await runDocker(
    docker,
    ['buildx', 'du', '--builder', name, '--filter', 'type=exec.cachemount', '--format', 'json'],
    { timeout: 30_000 },
  );
  if (code !== 0) throw new DeployError(`buildx du failed: ${lastLine(stderr)}`);
  const ids = stdout.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    const { Description = '' } = JSON.parse(line) as { Description?: string };
    return /\bwith id "(.*)"/.exec(Description)?.[1] ?? [];
  });
  return new Set(ids);
}

/**
 * Puts archives into mounts that are empty, owner and mode as they were.
 * @param folder holds the archives
 * @param archives their names there, in the order of `mounts`
 * @returns for each mount whether its content was put there (`restored`) or it had one (`present`)
 * @throws DeployError
 */
export async function importMounts(
  builder: MountBuilder,
  mounts: readonly CacheMount[],
  folder: string,
  archives: readonly string[],
): Promise<('restored' | 'present')[]> {
  return await withEitherTool(async (tool) => {
    const work = `${folder}-import`;
    try {
      await mkdir(work, { recursive: true });
      const file = join(work, 'Dockerfile');
      await writeFile(file, importDockerfile(mounts, archives, tool, randomUUID()));
      await build(builder, file, folder, `type=local,dest=${join(work, 'out')}`);
      return await Promise.all(
        mounts.map(async (_, index) => {
          const text = await readFile(join(work, 'out', String(index)), 'utf8');
          return text.trim() === 'present' ? ('present' as const) : ('restored' as const);
        }),
      );
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
}

/**
 * Writes each mount's content as `0.tar`, `1.tar`, ... to a folder.
 * @returns the archives' sizes in bytes, in the order of `mounts`
 * @throws DeployError
 */
export async function exportMounts(
  builder: MountBuilder,
  mounts: readonly CacheMount[],
  folder: string,
): Promise<number[]> {
  await withEitherTool(async (tool) => {
    const work = `${folder}-export`;
    try {
      await mkdir(join(work, 'context'), { recursive: true });
      await mkdir(folder, { recursive: true });
      const file = join(work, 'Dockerfile');
      const context = join(work, 'context');
      if (tool === 'tar') {
        await writeFile(file, exportDockerfile(mounts, tool, randomUUID()));
        await build(builder, file, context, `type=local,dest=${folder}`);
        return;
      }
      // BuildKit's own tar keeps owners, which files written by its client would not.
      for (const [index, mount] of mounts.entries()) {
        await writeFile(file, exportDockerfile([mount], tool, randomUUID()));
        await build(builder, file, context, `type=tar,dest=${join(folder, `${index}.tar`)}`);
      }
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
  return await Promise.all(mounts.map(async (_, index) => (await stat(join(folder, `${index}.tar`))).size));
}

/** With the image's tar; where it has none, without. */
async function withEitherTool<T>(work: (tool: Tool) => Promise<T>): Promise<T> {
  try {
    return await work('tar');
  } catch (error) {
    if (!(error instanceof MissingTar)) throw error;
    return await work('cp');
  }
}

class MissingTar extends Error {}

async function build(builder: MountBuilder, file: string, context: string, output: string): Promise<void> {
  const repeated = (option: string, values: readonly string[]): string[] =>
    values.flatMap((value) => [option, value]);
  const args = [
    ...['buildx', 'build', '--builder', builder.name, '--file', file, '--platform', builder.platform],
    // Another frontend than the builder's own would have to be pulled.
    ...repeated(
      '--build-arg',
      builder.buildArgs.filter((arg) => !arg.startsWith('BUILDKIT_SYNTAX=')),
    ),
    ...repeated('--build-context', builder.buildContexts),
    ...['--provenance=false', '--sbom=false', '--progress', 'plain', '--output', output, context],
  ];
  const { code, stderr } = await runDocker(builder.docker, args, { timeout: TIME_LIMIT_MS });
  if (code === 0) return;
  if (/\btar: (command )?not found|exec: "?tar"?: .*not found/.test(stderr)) throw new MissingTar();
  throw new DeployError(lastLine(stderr).replace(/^ERROR: (failed to (build|solve): )*/, ''));
}

function lastLine(text: string): string {
  return (text.trim().split('\n').pop() ?? '').slice(0, 300);
}
