import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { functionArchitecture } from '../aws/architecture.ts';
import { awsConfig } from '../aws/credentials.ts';
import { openEcr } from '../aws/ecr.ts';
import { ecrHost } from '../aws/ecr-host.ts';
import { type Builder, chooseBuilder, createBuilder, engineFacts } from '../docker/builder.ts';
import { buildFailure, failedOnCache, runBuild } from '../docker/buildx.ts';
import type { Docker } from '../docker/command.ts';
import { makePrivateConfig } from '../docker/config.ts';
import { userCredentials } from '../docker/credentials.ts';
import { type Manifest, openRegistry, type Registry } from '../docker/registry.ts';
import { buildVertices } from '../docker/timings.ts';
import { DeployError } from '../errors.ts';
import type { JobContext } from '../github/context.ts';
import type { Environment } from '../github/inputs.ts';
import type { Log } from '../github/log.ts';
import { type RunRecord, timed } from '../record.ts';
import { layerCache } from './cache.ts';
import { checkImage } from './image-check.ts';
import type { BuildInputs, Platform } from './inputs.ts';
import { type BuildPlan, imageName, planBuild } from './plan.ts';
import { inputsFingerprint, type SkipSources } from './skip.ts';
import { imageTags, inputsTag } from './tags.ts';

/** What a run works with beside its inputs. */
export interface BuildRun {
  job: JobContext;
  record: RunRecord;
  log: Log;
  env: Environment;
  /** Saves what post removes. */
  keep: (name: string, value: string) => void;
}

/**
 * Signs in, reuses the image of unchanged inputs or builds and pushes one, and checks it. Fills the record.
 * @throws DeployError
 */
export async function runBuildAction(inputs: BuildInputs, run: BuildRun): Promise<void> {
  const { record, log, env } = run;
  const signedIn = await timed(record, 'sign in', () => signIn(inputs, run));
  const { registry, docker, platform, own } = signedIn;
  const image = imageName(registry.host, inputs.repository);
  const cache = layerCache(inputs, platform, env, image, Date.now());
  // Asked once, and only where it matters: for base images by name, and for the build.
  let chosen: Promise<Builder> | undefined;
  const builderOnce = (): Promise<Builder> => {
    chosen ??= findBuilder(inputs, docker, cache.kind !== 'off');
    return chosen;
  };
  const fingerprint = await timed(record, 'hash inputs', () =>
    inputsFingerprint(inputs, env, { platform, docker, own, builder: builderOnce }),
  );
  const mark = 'hash' in fingerprint ? inputsTag(fingerprint.hash) : '';
  const tags = [...imageTags(run.job, inputs.tags), ...(mark === '' ? [] : [mark])];
  record.build = { result: 'failed', reason: '', tags, vertices: [] };

  const found = mark === '' || !inputs.push ? undefined : await lookUp(registry, inputs.repository, mark);
  if (found && inputs.rebuild === 'changed') {
    log.info(`Reuse ${image}:${mark}: none of its inputs changed.`);
    record.image = await checkImage(registry, inputs.repository, found, platform);
    if (!inputs.dryRun) await addTags(registry, inputs.repository, tags, found);
    record.build = { ...record.build, result: 'reused', reason: 'no input of the build changed' };
    record.result = 'reused';
    return;
  }
  const reason =
    'doubt' in fingerprint
      ? `the skip is off: ${fingerprint.doubt}`
      : inputs.rebuild === 'always'
        ? 'rebuild: always'
        : 'an input of the build changed, or it was never pushed';
  record.build.reason = reason;

  const builder = await builderOnce();
  if (cache.note !== '') log.info(cache.note);
  const metadataFile = join(run.job.runnerTemp, `build-metadata-${randomUUID().slice(0, 8)}.json`);
  const plan = planBuild(inputs, {
    host: registry.host,
    platform,
    tags: pushedTags(tags, mark),
    builder: builder.name,
    cache,
    metadataFile,
  });
  for (const line of [`Why: ${reason}`, ...plan.lines]) log.info(line);
  if (inputs.dryRun) {
    log.info('dry-run: nothing was built.');
    record.build.result = 'planned';
    record.result = 'planned';
    return;
  }
  if (builder.ours) {
    run.keep('builder', builder.name);
    await timed(record, 'start builder', () => createBuilder(docker, builder));
  }
  await timed(record, inputs.push ? 'build and push' : 'build', () => build(docker, plan, run));
  const metadata = JSON.parse(await readFile(metadataFile, 'utf8')) as Record<string, string | undefined>;
  record.build.vertices = await buildVertices(docker, metadata['buildx.build.ref'] ?? '');
  const steps = record.build.vertices.filter(({ kind }) => ['run', 'copy', 'add'].includes(kind));
  record.cache = {
    kind: cache.kind,
    hits: steps.filter(({ cached }) => cached).length,
    total: steps.length,
    bytes: 0,
    ms: 0,
  };
  if (inputs.push)
    record.image = await timed(record, 'check image', () =>
      readBack(registry, inputs, platform, metadata['containerimage.digest'] ?? '', mark),
    );
  record.build.result = 'built';
  record.result = 'built';
}

/** @throws DeployError where no Engine answers or the named builder cannot be used */
async function findBuilder(inputs: BuildInputs, docker: Docker, remoteCache: boolean): Promise<Builder> {
  const name = `deploy-lambda-container-${randomUUID().slice(0, 8)}`;
  const wanted = { builder: inputs.builder, driver: inputs.driver, remoteCache, name };
  return await chooseBuilder(docker, wanted, await engineFacts(docker));
}

async function signIn(
  inputs: BuildInputs,
  run: BuildRun,
): Promise<{ registry: Registry; docker: Docker; platform: Platform; own: SkipSources['own'] }> {
  const config = await awsConfig(inputs.aws);
  const ecr = openEcr(config);
  try {
    const [login, architecture] = await Promise.all([
      inputs.push ? ecr.signIn() : undefined,
      inputs.platform === '' && inputs.functionName !== ''
        ? functionArchitecture(config, inputs.functionName, run.log)
        : undefined,
    ]);
    const host = inputs.registry || login?.host || 'localhost';
    if (login && inputs.createRepository && !inputs.dryRun) {
      const account = ecrHost(host)?.account;
      if ((await ecr.hasRepository(inputs.repository, account)) === false) {
        run.log.info(`Create ECR repository ${inputs.repository}.`);
        await ecr.createRepository(inputs.repository, account);
      }
    }
    const folder = join(run.job.runnerTemp, `docker-config-${randomUUID().slice(0, 8)}`);
    // Saved before it exists: post removes it also when this process is killed meanwhile.
    run.keep('docker-config', folder);
    // ECR's password goes to ECR's own host alone; another registry gets the login that the user has there.
    const ours = login?.host === host ? login : undefined;
    const env = await makePrivateConfig(folder, run.env, ours);
    run.keep('buildx-config', env.BUILDX_CONFIG);
    return {
      registry: openRegistry(host, ours ?? (await userCredentials(host, run.env))),
      own: ours && { host, credentials: ours },
      docker: { program: 'docker', env: { ...run.env, ...env } },
      platform: inputs.platform || architecture || 'linux/amd64',
    };
  } finally {
    ecr.close();
  }
}

/** The image that a tag names; a repository that is not there yet has none. */
async function lookUp(registry: Registry, repository: string, tag: string): Promise<Manifest | undefined> {
  const manifest = await registry.manifest(repository, tag);
  return typeof manifest === 'string' ? undefined : manifest;
}

async function addTags(
  registry: Registry,
  repository: string,
  tags: string[],
  manifest: Manifest,
): Promise<void> {
  await Promise.all(
    tags.map(async (tag) => {
      if ((await registry.digest(repository, tag)) !== manifest.digest)
        await registry.tag(repository, tag, manifest);
    }),
  );
}

/** Builds; where the imported cache was the trouble, once more without it. */
async function build(docker: Docker, plan: BuildPlan, { log }: BuildRun): Promise<void> {
  const attempt = (request: BuildPlan['request']) =>
    log.group('docker buildx build', () => runBuild(docker, request, plan.secretEnv, log.info));
  let { code, tail } = await attempt(plan.request);
  if (code !== 0 && plan.request.cacheFrom !== '' && failedOnCache(tail)) {
    log.warning('The layer cache could not be used; building once more without it.');
    ({ code, tail } = await attempt({ ...plan.request, cacheFrom: '', cacheTo: '' }));
  }
  if (code !== 0) throw buildFailure(plan.request.file, tail);
}

/**
 * The tags that buildx pushes. The one that marks the inputs follows after the image's check, unless it is the only
 * one: a push without a tag would become `latest`.
 */
function pushedTags(tags: string[], mark: string): string[] {
  const others = tags.filter((tag) => tag !== mark);
  if (others.length > 0) return others;
  return [mark === '' ? `build-${randomUUID().slice(0, 8)}` : mark];
}

/** Reads the pushed image back: what the registry holds is what Lambda will get. */
async function readBack(
  registry: Registry,
  inputs: BuildInputs,
  platform: Platform,
  digest: string,
  mark: string,
) {
  const manifest = await registry.manifest(inputs.repository, digest);
  if (typeof manifest === 'string')
    throw new DeployError(
      `${imageName(registry.host, inputs.repository)} does not hold ${digest}, which was just pushed.`,
      'Run the job again.',
    );
  const image = await checkImage(registry, inputs.repository, manifest, platform);
  if (mark !== '') await addTags(registry, inputs.repository, [mark], manifest);
  return image;
}
