import { type GitHubApi, GitHubApiError } from './api.ts';

/** Artifacts of one run that are looked at; a matrix job uploads one a leg. */
const MOST_ARTIFACTS = 8;
/** Compressed bytes of one artifact. */
const MOST_COMPRESSED = 512 * 1024;
/** Entries of one zip. */
const MOST_ENTRIES = 4;

export interface RunArtifact {
  id: number;
  name: string;
}

/**
 * Artifacts of a workflow run whose name begins with `prefix`, as far as they are small enough to be looked at.
 * Nothing of this may be believed: a pull request's own code can upload what it likes.
 * @throws GitHubApiError
 */
export async function listRunArtifacts(
  api: GitHubApi,
  repository: string,
  run: number,
  prefix: string,
): Promise<RunArtifact[]> {
  const answer = await api.call('GET', `/repos/${repository}/actions/runs/${run}/artifacts?per_page=100`);
  const { artifacts } = (answer ?? {}) as { artifacts?: unknown };
  if (!Array.isArray(artifacts)) throw new GitHubApiError("The run's artifacts are not a list", 200);
  return (artifacts as Record<string, unknown>[])
    .flatMap(({ id, name, size_in_bytes: size, expired }) =>
      typeof id === 'number' &&
      typeof name === 'string' &&
      name.startsWith(prefix) &&
      typeof size === 'number' &&
      size <= MOST_COMPRESSED &&
      expired !== true
        ? [{ id, name }]
        : [],
    )
    .slice(0, MOST_ARTIFACTS);
}

/**
 * One file of an artifact.
 * @param limit bytes of the file
 * @throws GitHubApiError; Error where the zip is no zip, has more entries than ours or a longer file
 */
export async function readArtifactFile(
  api: GitHubApi,
  repository: string,
  { id }: RunArtifact,
  path: string,
  limit: number,
): Promise<string> {
  const zip = await api.download(`/repos/${repository}/actions/artifacts/${id}/zip`, MOST_COMPRESSED);
  return await readZipFile(zip, path, limit);
}

/**
 * One file of a zip that may be hostile: the entries are counted, the announced length is checked before anything is
 * unpacked, more than that length is not unpacked, and no name becomes a path.
 * @throws Error
 */
export async function readZipFile(zip: Uint8Array, path: string, limit: number): Promise<string> {
  const { unzipSync } = await import('fflate');
  let entries = 0;
  const files = unzipSync(zip, {
    filter: ({ name, originalSize }) => {
      entries += 1;
      if (entries > MOST_ENTRIES) throw new Error('the zip has more files than a report');
      if (name !== path) return false;
      if (originalSize > limit) throw new Error(`${path} is longer than ${limit} bytes`);
      return true;
    },
  });
  const found = Object.hasOwn(files, path) ? files[path] : undefined;
  if (!found || found.length > limit) throw new Error(`the zip has no ${path}`);
  return new TextDecoder('utf-8', { fatal: true }).decode(found);
}
