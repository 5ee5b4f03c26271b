import type { Manifest, Registry } from '../docker/registry.ts';
import type { JobContext } from '../github/context.ts';

/**
 * The tags of an image that people read: `sha-<12 hex>` of the commit; the branch, `pr-<number>` or the tag; then
 * the user's own. Each once.
 */
export function imageTags(job: JobContext, own: readonly string[]): string[] {
  const tags: string[] = [];
  if (/^[0-9a-f]{40}$/.test(job.sha)) tags.push(`sha-${job.sha.slice(0, 12)}`);
  if (job.pullRequest) tags.push(`pr-${job.pullRequest.number}`);
  else if (job.refName !== '') tags.push(safeTag(job.refName));
  return [...new Set([...tags.filter((tag) => tag !== ''), ...own])];
}

/**
 * A name made fit for a tag: other characters become `-`, 128 characters at most.
 * Source: OCI distribution specification, `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
 * @returns '' where nothing is left of it
 */
export function safeTag(name: string): string {
  return name
    .replace(/[^\w.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 128);
}

/** The tag that marks what an image was made of. */
export function inputsTag(hash: string): string {
  return `inputs-${hash.slice(0, 16)}`;
}

/**
 * Gives an image that the repository holds further tags.
 * @throws DeployError where one names another image and cannot be moved
 */
export async function putTags(
  registry: Registry,
  repository: string,
  tags: readonly string[],
  manifest: Manifest,
): Promise<void> {
  await Promise.all(tags.map((tag) => registry.tag(repository, tag, manifest)));
}
