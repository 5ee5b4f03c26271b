import { docker, type Job, signIn } from './job.ts';
import { summarize } from './statistics.ts';

/**
 * How long a container of the image takes from its start until it has loaded the app, on an Engine that has the image
 * and with a file system that cannot be written to, as Lambda's.
 * @param load what is run in it; empty for what the image itself starts. It has to end by itself
 * @param starts how often; the median counts
 * @returns seconds, with what a container takes that does nothing
 */
export async function secondsToStart(
  job: Job,
  uri: string,
  load: readonly string[],
  starts: number,
): Promise<number> {
  await signIn(job);
  await docker(job, ['pull', '--quiet', uri]);
  const figures: number[] = [];
  for (let count = 0; count < starts; count += 1) {
    const created = await docker(job, ['create', '--read-only', '--network', 'none', uri, ...load]);
    const container = created.trim();
    const since = performance.now();
    await docker(job, ['start', '--attach', container]);
    figures.push((performance.now() - since) / 1000);
    await docker(job, ['rm', container]);
  }
  return summarize(figures).median;
}
