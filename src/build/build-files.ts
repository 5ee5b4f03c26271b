import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Environment } from '../github/inputs.ts';
import { cachedPlace, type ListPlace, lastingPlace } from './kept-list.ts';
import type { BuildSources } from './misses.ts';

/** Above this many files only the top folders are kept. */
const mostFiles = 20_000;

/**
 * The place for the list of a build's files: a folder where the machine stays (DEPLOY_LAMBDA_STATE), else GitHub's
 * cache.
 * @param scope names the image among those of the repository, as for the layer cache
 * @returns undefined where there is neither
 */
export function filesPlace(scope: string, runnerTemp: string, env: Environment): ListPlace | undefined {
  const unique = createHash('sha256').update(scope).digest('hex').slice(0, 8);
  return env.DEPLOY_LAMBDA_STATE
    ? lastingPlace(join(env.DEPLOY_LAMBDA_STATE, `build-files-${unique}`), 'files')
    : cachedPlace('build-files-1', scope, runnerTemp, 'files');
}

/** One line a file, after the Dockerfile as JSON text. */
export function writeSources({ dockerfile, files }: BuildSources): string {
  const lines = [...files].map(([path, digest]) => `${digest} ${JSON.stringify(path)}`);
  return `${[JSON.stringify(dockerfile), ...lines].join('\n')}\n`;
}

/** Reads what `writeSources` wrote; undefined where it is anything else. */
export function readSources(text: string): BuildSources | undefined {
  try {
    const [first = '', ...lines] = text.split('\n');
    const dockerfile: unknown = JSON.parse(first);
    if (typeof dockerfile !== 'string') return undefined;
    const files = new Map<string, string>();
    for (const line of lines) {
      const [, digest, path] = /^([0-9a-f]+) (".*")$/.exec(line) ?? [];
      if (digest !== undefined && path !== undefined) files.set(String(JSON.parse(path)), digest);
    }
    return { dockerfile, files };
  } catch {
    return undefined;
  }
}

/**
 * Short digests of files by path; of very many files those of their top folders.
 * @param digests of the files' content, 64 hex digits, in the order of their paths
 */
export function compactFiles(digests: ReadonlyMap<string, string>, most = mostFiles): Map<string, string> {
  if (digests.size <= most) return new Map([...digests].map(([path, digest]) => [path, digest.slice(0, 12)]));
  const folders = new Map<string, ReturnType<typeof createHash>>();
  for (const [path, digest] of digests) {
    const top = path.split('/')[0] ?? '';
    const hash = folders.get(top) ?? createHash('sha256');
    folders.set(top, hash.update(`${path} ${digest}\n`));
  }
  return new Map([...folders].map(([top, hash]) => [top, hash.digest('hex').slice(0, 12)]));
}
