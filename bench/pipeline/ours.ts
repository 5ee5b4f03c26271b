import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { runMain, runPost } from '../../src/local/runner.ts';
import { readRecord } from '../../src/record.ts';
import { startOldStoreEngine } from '../../test/support/old-store-engine.ts';
import { cacheEnvironment, type Job } from './job.ts';
import { CREDENTIALS, REGION } from './services.ts';

/**
 * Runs the build action's bundle as GitHub's runner does, on a machine whose Engine has the image store that hosted
 * runners start with. Its post step, where the cache's export ends, comes after the deploy.
 */
export async function pushByAction(job: Job): Promise<{ uri: string; after: () => Promise<void> }> {
  const runner = join(job.temp, 'runner');
  await mkdir(runner, { recursive: true });
  const engine = await startOldStoreEngine(join(job.temp, 'engine'), job.engine);
  const options = {
    dist: job.dist,
    temp: runner,
    workspace: job.app,
    print: job.log,
    summary: join(job.temp, 'summary.md'),
  };
  const call = {
    name: 'build',
    inputs: {
      context: '.',
      repository: job.history.repository,
      platform: job.platform,
      tags: job.tag,
      // The defaults of build/action.yml, which the runner adds.
      ...{
        cache: 'auto',
        rebuild: 'changed',
        builder: 'auto',
        driver: 'auto',
        endpoint: 'auto',
        push: 'true',
      },
      ...{ 'create-repository': 'false', 'dry-run': 'false', 'cache-mounts': 'auto' },
    },
    env: {
      ...job.engine.env,
      ...engine.env,
      LD_LIBRARY_PATH: job.engineEnv.LD_LIBRARY_PATH ?? '',
      PATH: [...engine.path, job.engineEnv.PATH].join(delimiter),
      ...cacheEnvironment(job.history),
      AWS_ENDPOINT_URL: job.services.awsEndpoint,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      AWS_REGION: REGION,
    },
  };
  const since = Date.now();
  const main = await job.phase('build action', () => runMain(call, options));
  // Not where it was ended by Ctrl-C; the post step, which ends the private Engine, has to run all the same.
  if (main.outputs.record) await logSteps(job, main.outputs.record, since);
  const uri = main.outputs['image-uri'];
  const after = async (): Promise<void> => {
    const post = await runPost(call, main, options);
    await engine.close();
    if (post.exitCode !== 0) throw new Error(`post of the build action: ${post.errors.join(' ')}`);
  };
  if (main.exitCode === 0 && uri) return { uri, after };
  await after();
  throw new Error(`the build action: ${main.errors.join(' ')}`);
}

/** What the run record holds, for `--verbose`: begin and end of each step in milliseconds after the action's start. */
async function logSteps(job: Job, path: string, since: number): Promise<void> {
  const { steps } = await readRecord(path);
  for (const { name, start, end } of steps)
    job.log(`${Date.parse(start) - since}-${Date.parse(end) - since} ms ${name}`);
}
